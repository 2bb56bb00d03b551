namespace Platform.Runner.Drivers.Oms.Events;

/// <summary>Ways in which listening to a described service fails.</summary>
internal static class EventFaults
{
    public static RunFaultException UnknownEvent(string name) => new(new("unknown_event",
        $"The connector's version publishes no event \"{name}\" that can be subscribed to.",
        "Delete the subscription, or go back to a version that publishes it."));

    public static RunFaultException NotSubscribed(string why) => new(new("subscribe_failed",
        $"The service did not take the subscription: {why}", "It is tried again; see the arguments of the subscription and the options of the connection.", Transient: true));

    public static RunFaultException ServiceEnded() => new(new("connector_exited",
        "The service has ended.", "It is started again, and subscribed to anew.", Transient: true));

    public static RunFaultException NoWayBack() => new(new("no_callback_address",
        "The service is on another machine, and this platform listens for events on this machine alone.",
        "Run the service as an image or from its source, or on this machine.", Transient: false));

    public static RunFaultException NotListening(string why) => new(new("callback_failed",
        $"The address at which the service would deliver can't be listened at: {why}", "It is tried again; see the container engine's network.", Transient: true));
}
