using Platform.ServiceDefaults;

namespace Platform.Runner;

/// <summary>Why a run failed, fit for its user.</summary>
/// <param name="Code">One of <see cref="Faults"/>.</param>
/// <param name="Detail">The connector's last words, bounded.</param>
/// <param name="Transient">
/// It may pass by itself, so another attempt is worth its cost: a part of the platform was away, or the connector itself says so. What a
/// connector did wrong by itself, and a limit that it reached, it would most likely do and reach again.
/// </param>
internal sealed record RunFault(string Code, string Message, string? Remedy = null, string? Detail = null, bool Transient = false);

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
        "Check that the manifest's command starts the connector, or raise limits.start_seconds in the manifest, or Connectors:StartTimeoutSeconds for every connector."));

    public static RunFaultException ConnectorExited(int exitCode) => new(new("connector_exited",
        exitCode > 128
            ? $"The connector was ended by signal {exitCode - 128} before its work was done (exit code {exitCode})."
            : $"The connector exited with code {exitCode} before its work was done.",
        "Its last words are in the detail; mend the connector or its options and try again."));

    public static RunFaultException OutOfMemory(long limitBytes) => new(new("connector_out_of_memory",
        $"The connector was ended because it used more than {limitBytes >> 20} MiB of memory.",
        "Let it send smaller pages, or raise limits.memory_mb in the manifest, or Connectors:MemoryLimitMegabytes for every connector."));

    public static RunFaultException TooManyProcesses(int limit) => new(new("connector_too_many_processes",
        $"The connector was ended because it had more than {limit} processes and threads.",
        "Let it start fewer, or raise limits.processes in the manifest, or Connectors:MaxProcesses for every connector."));

    public static RunFaultException ConnectorDiskFull(int limitMegabytes) => new(new("connector_disk_full",
        $"The connector was ended because its private folder held more than {limitMegabytes} MiB.",
        "Let it keep less on the disk (its home and temporary folder), or raise Connectors:DiskLimitMegabytes."));

    public static RunFaultException NotStarted(string command, string reason) => new(new("connector_exited",
        $"The connector's command could not be started: {reason} ({command}).",
        "Check the manifest's command."));

    /// <param name="program">As the command names it, from the root of the bundle.</param>
    public static RunFaultException ProgramMissing(string program) => new(new("program_missing",
        $"The manifest's command starts {program}, and what was installed has no such file.",
        "Build the connector in its source folder before it is installed, or give the manifest an install_command that builds it; a wrong uri or a forgotten subdir is another usual reason."));

    /// <param name="retryable">The connector itself says that another attempt may help.</param>
    public static RunFaultException SyncFailed(string connectorText, bool retryable = false) => new(new("sync_failed",
        $"The connector reported: {connectorText}", "The text is the connector's own; see its documentation.", Transient: retryable));

    public static RunFaultException BrokerLost() => new(new("broker_lost",
        "The connector closed the stream on which callbacks are arranged, so no page can reach the platform any more.",
        "This is a defect of the connector or its plugin library; try again."));

    public static RunFaultException SyncTimeout(TimeSpan limit, bool withoutStdio) => new(new("sync_timeout",
        $"The connector did not finish its sync within {limit.TotalSeconds:0} s."
            + (withoutStdio ? " Its plugin library has no stdio service (go-plugin before 1.1.0), and such a connector hangs for ever once it has printed 64 KiB to its standard output." : ""),
        withoutStdio
            ? "Build the connector with go-plugin 1.1.0 or newer, let it log to standard error only, or raise Connectors:SyncTimeoutSeconds if its source is slow."
            : "Look in the log for where it stands; raise Connectors:SyncTimeoutSeconds if its source is slow."));

    public static RunFaultException FirstPageTimeout(TimeSpan limit) => new(new("first_page_timeout",
        $"The connector sent no page within {limit.TotalSeconds:0} s of its start.",
        "Look in the log for where it stands; raise the connection's first_page_seconds, or Connectors:FirstPageTimeoutSeconds, if its source is slow."));

    public static RunFaultException IdleTimeout(TimeSpan limit) => new(new("idle_timeout",
        $"The connector gave no sign of life for {limit.TotalSeconds:0} s: no page, no state, no progress.",
        "Look in the log for where it stands; raise the connection's idle_seconds, or Connectors:IdleTimeoutSeconds, if its source is slow."));

    public static RunFaultException MtlsNotOffered() => new(new("mtls_not_offered",
        "The manifest asks for auto_mtls, but the connector offered no certificate in the sixth field of its handshake (a field of fewer than 51 characters is none).",
        "Build the connector with a plugin library that knows AutoMTLS (go-plugin 1.4.4 or newer, the SDK for .NET), or set auto_mtls to false in its manifest and install it again."));

    public static RunFaultException MtlsCertificateUnreadable() => new(new("mtls_certificate_unreadable",
        "The sixth field of the connector's handshake is not a certificate (DER in base64).",
        "This is a defect of the connector or its plugin library; until it is mended, set auto_mtls to false in its manifest and install it again."));

    public static RunFaultException MtlsWrongCertificate() => new(new("mtls_wrong_certificate",
        "The connector's server showed another certificate than the one in its handshake, so it was not spoken to.",
        "Something else listens on the connector's socket, or its plugin library is at fault: try again, and mend the connector if it stays so."));

    public static RunFaultException MtlsFailed(string network, string address) => new(new("mtls_failed",
        $"The connector offered a certificate, but no TLS connection came about at {network} {address}.",
        "Its server has to speak TLS 1.2 or newer with HTTP/2 and to accept the certificate in PLUGIN_CLIENT_CERT; else set auto_mtls to false in its manifest and install it again."));

    public static RunFaultException MtlsCallbackFailed(bool another) => new(new("mtls_callback_failed",
        another
            ? "The connector called back with another certificate than the one in its handshake, so no page was taken."
            : "The connector refused the platform's certificate when it called back, so no page could reach the platform.",
        "Its plugin library does not know AutoMTLS for callbacks (go-plugin before 1.4.4): build it with a newer one, or set auto_mtls to false in its manifest and install it again."));

    public static RunFaultException PageRefused(string why) => new(new("page_refused",
        $"A page of objects was not accepted: {why}", "What was accepted before stays. Mend the connector and start the run again."));

    public static RunFaultException MessageTooLarge(long limitBytes) => new(new("message_too_large",
        $"The connector sent a page larger than {limitBytes >> 20} MiB.",
        "Let it send smaller pages, or raise Connectors:MaxMessageBytes."));

    public static RunFaultException IngestUnavailable(string why) => new(new("ingest_unavailable",
        $"The service that stores objects could not be reached: {why}", "Start the run again once the system is healthy.", Transient: true));

    public static RunFaultException RegistryUnavailable(string why) => new(new("registry_unavailable",
        $"The connection could not be read: {why}", "Start the run again once the system is healthy.", Transient: true));

    public static RunFaultException DatabaseUnavailable(string why) => new(new("database_unavailable",
        $"The database of the runs could not be reached: {why}", "Start the run again once the system is healthy.", Transient: true));

    public static RunFaultException StaleFence() => new(new("stale_fence",
        "Another runner has taken over this connection.", "Nothing to do: the other runner's word counts."));

    public static RunFaultException BundleUnavailable(string why) => new(new("bundle_unavailable",
        $"The installed connector could not be fetched: {why}", "Install the connector again."));

    public static RunFaultException InstallerUnavailable(string why) => new(new("installer_unavailable",
        $"The service that keeps installed connectors could not be reached: {why}", "Try again once the system is healthy.", Transient: true));

    public static RunFaultException DiskFull() => new(new("disk_full",
        "There is no space left where the Runner keeps unpacked connectors.", "Free space on the disk of its Data:Directory, or lower Bundles:MaxBytes."));

    /// <param name="of">Who asks for them: the manifest or the connection.</param>
    public static RunFaultException LimitsTooHigh(IEnumerable<string> limits, string of = "manifest") => new(new("limits_too_high",
        $"The {of}'s limits are more than this platform allows: {string.Join("; ", limits)}.",
        $"Lower the limits in the {of}, or let the platform's operator raise the named settings."));

    public static RunFaultException InvalidOptions(IEnumerable<FieldError> errors) => new(new("invalid_options",
        $"The connection's options are not what the connector's version takes: {string.Join("; ", errors.Select(e => $"{e.Field}: {e.Message}"))}",
        "Change the options of the connection, or go back to a version that takes them."));

    /// <summary>Registry refuses, in its own words.</summary>
    public static RunFaultException PreparationFailed(Problem problem) => new(new(problem.Code, problem.Detail, problem.Remedy, Transient: problem.Status >= 500));

    public static RunFaultException UnknownProtocol(string protocol, IEnumerable<string> known) => new(new("unsupported_protocol_version",
        $"The connector's protocol \"{protocol}\" is not one that this platform speaks ({string.Join(", ", known)}).",
        "Correct the manifest's protocol and install the connector again."));

    public static RunFaultException UnknownAction(string action) => new(new("unknown_action",
        $"The connector has no action \"{action}\".", "GET /v1/connections/{name}/actions lists those it has."));

    public static RunFaultException SubscriptionsNotSupported() => new(new("subscriptions_not_supported",
        "Connectors of this protocol publish nothing that could be subscribed to.", "Start a run, or give the connection a schedule."));

    public static RunFaultException AlwaysOnNotSupported() => new(new("always_on_not_supported",
        "The connector is not a packaged one, and runs only while it works.", "Lead the connection's setting always_on back to its default."));

    public static RunFaultException QueriesNotSupported() => new(new("queries_not_supported",
        "Connectors of this protocol take no queries.", "Start a run and read the objects that it brings, or invoke its actions: GET /v1/connections/{name}/actions lists them."));

    public static RunFaultException BadSpecification(IReadOnlyList<string> problems) => new(new("bad_specification",
        $"What the connector says of itself makes no sense: {string.Join("; ", problems)}.",
        "Mend what the connector answers to Specify, and install it again."));

    public static RunFaultException ProtocolViolation(string what) => new(new("protocol_violation",
        $"The connector broke the rules of its protocol: {what}.",
        "This is a defect of the connector; docs/connectors.md has the rules."));

    /// <param name="retryable">As for <see cref="SyncFailed"/>.</param>
    public static RunFaultException CheckFailed(string connectorText, bool retryable = false) => new(new("check_failed",
        $"The connector could not check its options: {connectorText}", "The text is the connector's own; see its documentation.", Transient: retryable));

    /// <param name="retryable">The connector itself says that another attempt may help.</param>
    public static RunFaultException ActionFailed(string connectorText, bool retryable = false) => new(new("action_failed",
        $"The connector reported: {connectorText}", "The text is the connector's own; see its documentation.", Transient: retryable));

    public static RunFaultException ResultTooLarge(long limitBytes) => new(new("result_too_large",
        $"The action's result is larger than {limitBytes} bytes.", "Ask the action for less, or let the connector answer with less."));

    public static readonly RunFault RunnerLost = new("runner_lost",
        "The runner that ran this connector is gone.", "Start the run again.", Transient: true);

    public static readonly RunFault RunnerStopping = new("runner_stopping",
        "The runner was stopped before the connector had finished.", "Start the run again.", Transient: true);

    public static readonly RunFault Cancelled = new("cancelled", "The run was cancelled.");

    public static readonly RunFault Internal = new("internal_error",
        "The runner failed in a way it doesn't know.", "Look for the run's id in the runner's log.");
}
