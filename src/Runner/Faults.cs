namespace Platform.Runner;

/// <summary>Why a run failed, fit for its user.</summary>
/// <param name="Code">One of <see cref="Faults"/>.</param>
/// <param name="Detail">The connector's last words, bounded.</param>
internal sealed record RunFault(string Code, string Message, string? Remedy = null, string? Detail = null);

internal sealed class RunFaultException(RunFault fault) : Exception(fault.Message)
{
    public RunFault Fault => fault;
}

/// <summary>Every way in which a run fails: the closed set of error codes.</summary>
internal static class Faults
{
    public static RunFaultException HandshakeFailed(string what) => new(new("handshake_failed",
        $"The connector did not start as a plugin: {what}.",
        "Print nothing on stdout before the plugin library does, and check that the manifest's command starts the connector itself."));

    public static RunFaultException UnsupportedProtocolVersion(string what) => new(new("unsupported_protocol_version",
        $"The connector and this platform have no protocol version in common. {what}",
        "Build the connector for a version that this platform offers, or name its protocol in the manifest."));

    public static RunFaultException HandshakeTimeout(TimeSpan limit) => new(new("handshake_timeout",
        $"The connector printed no handshake within {limit.TotalSeconds:0} s.",
        "Check that the manifest's command starts the connector, or raise Connectors:StartTimeoutSeconds."));

    public static RunFaultException ConnectorExited(int exitCode) => new(new("connector_exited",
        exitCode > 128
            ? $"The connector was ended by signal {exitCode - 128} before its work was done (exit code {exitCode})."
            : $"The connector exited with code {exitCode} before its work was done.",
        "Its last words are in the detail; mend the connector or its options and start the run again."));

    public static RunFaultException OutOfMemory(long limitBytes) => new(new("connector_out_of_memory",
        $"The connector was ended because it used more than {limitBytes >> 20} MiB of memory.",
        "Let it send smaller pages, or raise Connectors:MemoryLimitMegabytes."));

    public static RunFaultException NotStarted(string command, string reason) => new(new("connector_exited",
        $"The connector's command could not be started: {reason} ({command}).",
        "Check the manifest's command."));

    public static RunFaultException SyncFailed(string connectorText) => new(new("sync_failed",
        $"The connector reported: {connectorText}", "The text is the connector's own; see its documentation."));

    public static RunFaultException BrokerLost() => new(new("broker_lost",
        "The connector closed the stream on which callbacks are arranged, so no page can reach the platform any more.",
        "This is a defect of the connector or its plugin library; start the run again."));

    public static RunFaultException PageRefused(string why) => new(new("page_refused",
        $"A page of objects was not accepted: {why}", "What was accepted before stays. Mend the connector and start the run again."));

    public static RunFaultException MessageTooLarge(long limitBytes) => new(new("message_too_large",
        $"The connector sent a page larger than {limitBytes >> 20} MiB.",
        "Let it send smaller pages, or raise Connectors:MaxMessageBytes."));

    public static RunFaultException IngestUnavailable(string why) => new(new("ingest_unavailable",
        $"The service that stores objects could not be reached: {why}", "Start the run again once the system is healthy."));

    public static RunFaultException StaleFence() => new(new("stale_fence",
        "Another runner has taken over this connection.", "Nothing to do: the other runner's word counts."));

    public static RunFaultException BundleUnavailable(string why) => new(new("bundle_unavailable",
        $"The installed connector could not be fetched: {why}", "Install the connector again."));

    public static RunFaultException PreparationFailed(string code, string message, string? remedy) => new(new(code, message, remedy));

    public static RunFaultException UnknownProtocol(string protocol, IEnumerable<string> known) => new(new("unsupported_protocol_version",
        $"The connector's protocol \"{protocol}\" is not one that this platform speaks ({string.Join(", ", known)}).",
        "Correct the manifest's protocol and install the connector again."));

    public static readonly RunFault RunnerLost = new("runner_lost",
        "The runner that ran this connector is gone.", "Start the run again.");

    public static readonly RunFault RunnerStopping = new("runner_stopping",
        "The runner was stopped before the connector had finished.", "Start the run again.");

    public static readonly RunFault Cancelled = new("cancelled", "The run was cancelled.");

    public static readonly RunFault Internal = new("internal_error",
        "The runner failed in a way it doesn't know.", "Look for the run's id in the runner's log.");
}
