namespace Platform.Runner.Drivers.Oms.Servers;

/// <summary>Ways in which a server of a described service fails to be there, beside those of <see cref="Faults"/>.</summary>
internal static class OmsServerFaults
{
    public static RunFaultException Busy(int places) => new(new("services_busy",
        $"This Runner keeps {places} servers of services, and all of them are in use.",
        "Try again later, or raise Services:MaxWarm.", Transient: true));

    public static RunFaultException UnknownKind(string kind) => new(new("unknown_service_kind",
        $"The version's .platform/service.json names the kind \"{kind}\", which this Runner does not know.",
        "Install the connector again; a newer platform may have written it."));
}
