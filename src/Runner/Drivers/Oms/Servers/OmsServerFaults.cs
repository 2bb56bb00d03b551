using Platform.Oms;

namespace Platform.Runner.Drivers.Oms.Servers;

/// <summary>Ways in which a server of a described service fails to be there, beside those of <see cref="Faults"/>.</summary>
internal static class OmsServerFaults
{
    public static RunFaultException UnknownKind(string kind) => new(new("unknown_service_kind",
        $"The version's .platform/service.json names the kind \"{kind}\", which this Runner does not know.",
        "Install the connector again; a newer platform may have written it."));

    /// <param name="words">The end of what it wrote; null: nothing.</param>
    public static RunFaultException Exited(long exitCode, string? words, bool outOfMemory = false) => new(new("service_exited",
        outOfMemory ? "The service was ended because it used more memory than its limit."
            : exitCode < 0 ? "The service is gone, and the container engine does not know why."
            : exitCode > 128 ? $"The service was ended by signal {exitCode - 128} (exit code {exitCode})."
            : $"The service exited with code {exitCode}, and has to stay while it is used.",
        outOfMemory ? "Raise limits.memory_mb in the manifest, or Connectors:MemoryLimitMegabytes."
            : "Its last words are in the detail; mend the service, its startup command or the connection's options.", words));

    public static RunFaultException NotReady(OmsHealth health, TimeSpan limit, string seen) => new(new("service_not_ready",
        $"The service was not ready within {limit.TotalSeconds:0.#} s: GET {health.Path} at its port {health.Port}: {seen}.",
        "Check the health of its description and what it needs to start; raise limits.start_seconds in the manifest, or Connectors:StartTimeoutSeconds."));

    public static RunFaultException CannotExecute() => new(new("command_needs_service",
        "The action is a command, and the service runs elsewhere: no command can be executed there.",
        "Use a source that has the service's image or its files, or give the action an http or rpc interface."));

    public static RunFaultException NoAddress() => new(new("service_without_address",
        "The version names no address of its server.", "Install the connector again."));
}
