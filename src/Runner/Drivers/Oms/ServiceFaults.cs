namespace Platform.Runner.Drivers.Oms;

/// <summary>Ways in which a described service as a whole can't do what is asked.</summary>
internal static class ServiceFaults
{
    /// <param name="why">A sentence.</param>
    public static RunFaultException BadBundle(string why) => new(new("bad_service_bundle",
        $"The version's files don't say how the service runs: {why.TrimEnd('.')}.", "Install the connector again."));

    public static RunFaultException SyncNotSupported() => new(new("sync_not_supported",
        "The connector is a described service: it has actions and events, and brings no objects by a sync.",
        "Invoke its actions: ./platform actions list CONNECTION."));
}
