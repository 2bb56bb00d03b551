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
        "Check that the manifest's command starts the connector, or raise limits.start_seconds in the manifest, or Connectors:StartTimeoutSeconds for every connector."));

    public static RunFaultException ConnectorExited(int exitCode) => new(new("connector_exited",
        exitCode > 128
            ? $"The connector was ended by signal {exitCode - 128} before its work was done (exit code {exitCode})."
            : $"The connector exited with code {exitCode} before its work was done.",
        "Its last words are in the detail; mend the connector or its options and try again."));

    public static RunFaultException OutOfMemory(long limitBytes) => new(new("connector_out_of_memory",
        $"The connector was ended because it used more than {limitBytes >> 20} MiB of memory.",
        "Let it send smaller pages, or raise limits.memory_mb in the manifest, or Connectors:MemoryLimitMegabytes for every connector."));

    public static RunFaultException NotStarted(string command, string reason) => new(new("connector_exited",
        $"The connector's command could not be started: {reason} ({command}).",
        "Check the manifest's command."));

    public static RunFaultException SyncFailed(string connectorText) => new(new("sync_failed",
        $"The connector reported: {connectorText}", "The text is the connector's own; see its documentation."));

    public static RunFaultException BrokerLost() => new(new("broker_lost",
        "The connector closed the stream on which callbacks are arranged, so no page can reach the platform any more.",
        "This is a defect of the connector or its plugin library; try again."));

    public static RunFaultException SyncTimeout(TimeSpan limit, bool withoutStdio) => new(new("sync_timeout",
        $"The connector did not finish its sync within {limit.TotalSeconds:0} s."
            + (withoutStdio ? " Its plugin library has no stdio service (go-plugin before 1.1.0), and such a connector hangs for ever once it has printed 64 KiB to its standard output." : ""),
        withoutStdio
            ? "Build the connector with go-plugin 1.1.0 or newer, let it log to standard error only, or raise Connectors:SyncTimeoutSeconds if its source is slow."
            : "Look in the log for where it stands; raise Connectors:SyncTimeoutSeconds if its source is slow."));

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
        $"The service that stores objects could not be reached: {why}", "Start the run again once the system is healthy."));

    public static RunFaultException StaleFence() => new(new("stale_fence",
        "Another runner has taken over this connection.", "Nothing to do: the other runner's word counts."));

    public static RunFaultException BundleUnavailable(string why) => new(new("bundle_unavailable",
        $"The installed connector could not be fetched: {why}", "Install the connector again."));

    public static RunFaultException InstallerUnavailable(string why) => new(new("installer_unavailable",
        $"The service that keeps installed connectors could not be reached: {why}", "Try again once the system is healthy."));

    public static RunFaultException DiskFull() => new(new("disk_full",
        "There is no space left where the Runner keeps unpacked connectors.", "Free space on the disk of its Data:Directory, or lower Bundles:MaxBytes."));

    public static RunFaultException LimitsTooHigh(IEnumerable<string> limits) => new(new("limits_too_high",
        $"The manifest's limits are more than this platform allows: {string.Join("; ", limits)}.",
        "Lower the limits in the manifest, or let the platform's operator raise the named settings."));

    public static RunFaultException PreparationFailed(string code, string message, string? remedy) => new(new(code, message, remedy));

    public static RunFaultException UnknownProtocol(string protocol, IEnumerable<string> known) => new(new("unsupported_protocol_version",
        $"The connector's protocol \"{protocol}\" is not one that this platform speaks ({string.Join(", ", known)}).",
        "Correct the manifest's protocol and install the connector again."));

    public static RunFaultException UnknownAction(string action) => new(new("unknown_action",
        $"The connector has no action \"{action}\".", "GET /v1/connections/{name}/actions lists those it has."));

    public static readonly RunFault RunnerLost = new("runner_lost",
        "The runner that ran this connector is gone.", "Start the run again.");

    public static readonly RunFault RunnerStopping = new("runner_stopping",
        "The runner was stopped before the connector had finished.", "Start the run again.");

    public static readonly RunFault Cancelled = new("cancelled", "The run was cancelled.");

    public static readonly RunFault Internal = new("internal_error",
        "The runner failed in a way it doesn't know.", "Look for the run's id in the runner's log.");
}
