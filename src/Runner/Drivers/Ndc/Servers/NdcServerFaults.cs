using Platform.Ndc;

namespace Platform.Runner.Drivers.Ndc.Servers;

/// <summary>Ways in which a packaged connector fails to be there, beside those of <see cref="Faults"/>.</summary>
internal static class NdcServerFaults
{
    /// <param name="words">The end of what it wrote; null: nothing.</param>
    public static RunFaultException NotStarted(long exitCode, string? words, bool outOfMemory) => new(new("connector_exited",
        $"{Ending(exitCode, outOfMemory)} before it was ready.", Remedy(outOfMemory), words));

    /// <param name="words">As in <see cref="NotStarted"/>.</param>
    public static RunFaultException Exited(long exitCode, string? words, bool outOfMemory) => new(new("connector_exited",
        $"{Ending(exitCode, outOfMemory)} before its work was done.", Remedy(outOfMemory), words));

    public static RunFaultException NotReady(TimeSpan limit, string seen) => new(new("connector_not_ready",
        $"The connector was not ready within {limit.TotalSeconds:0.#} s: {seen}.",
        "Check its options and what it needs to start; raise limits.start_seconds in the manifest, or Connectors:StartTimeoutSeconds."));

    public static RunFaultException BadCapabilities(NdcFault fault) => new(new("bad_answer",
        $"The connector says that it is healthy, and not what it can do. {fault.Message}", "Mend the connector: GET /capabilities answers as the NDC specification says.",
        fault.Excerpt));

    public static RunFaultException BadBundle(string why) => new(new("bad_package_bundle",
        $"What was installed can't be read as a packaged connector: {why}", "Install the connector again."));

    private static string Ending(long exitCode, bool outOfMemory) =>
        outOfMemory ? "The connector was ended because it used more memory than its limit,"
        : exitCode < 0 ? "The connector is gone, and the container engine does not know why,"
        : exitCode > 128 ? $"The connector was ended by signal {exitCode - 128} (exit code {exitCode})"
        : $"The connector exited with code {exitCode}";

    private static string Remedy(bool outOfMemory) => outOfMemory
        ? "Raise limits.memory_mb in the manifest, or Connectors:MemoryLimitMegabytes."
        : "Its last words are in the detail; mend the connector, its configuration or the connection's options.";
}
