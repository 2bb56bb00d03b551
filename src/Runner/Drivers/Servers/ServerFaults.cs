namespace Platform.Runner.Drivers.Servers;

/// <summary>Ways in which there is no room for a server.</summary>
internal static class ServerFaults
{
    public static RunFaultException Busy(int places) => new(new("services_busy",
        $"This Runner keeps {places} servers of services, and all of them are in use.",
        "Try again later, or raise Services:MaxWarm.", Transient: true));

    public static RunFaultException PortTaken(int port) => new(new("service_port_taken",
        $"The port {port}, where the service listens, is in use on this machine: by the same service for another connection or with other options, or by another program.",
        "Without a container the ports of services are this machine's. Install the connector where a container engine is, so that each has its own, or end what has the port.",
        Transient: true));
}
