using Platform.Registry.V1;

namespace Platform.Runner.Processes;

/// <summary>All that is needed to start a connector, whatever it is then asked for.</summary>
/// <param name="Connector">Its name, for logs.</param>
/// <param name="Bundle">The installed connector's folder, to be read only.</param>
/// <param name="Command">Of the manifest, run from the root of the bundle.</param>
/// <param name="Output">Takes what it writes.</param>
/// <param name="AutoMtls">The manifest asks for TLS with throw-away certificates; for protocols that have it.</param>
internal sealed record ConnectorLaunch(string Connector, string Bundle, string Command, LaunchLimits Limits, ConnectorOutput Output, bool AutoMtls = false)
{
    /// <summary>Id of the connection; null: it is started to be described.</summary>
    public string? Connection { get; init; }

    /// <summary>sha256 of the bundle, in hex; with the connection, what a server that is kept between calls is known by.</summary>
    public string Digest { get; init; } = "";

    /// <summary>Environment variables of the manifest; what the platform itself sets stays.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>What is run instead of the command; null: the command.</summary>
    public IReadOnlyList<string>? Argv { get; init; }

    /// <summary>Variables that may be secret: they come into the environment without having been in an argument, which others on the machine can read.</summary>
    public IReadOnlyDictionary<string, string> SecretEnvironment { get; init; } = new Dictionary<string, string>();

    /// <summary>Gets the isolation that applies, as soon as the process is there; for work that does not say it by itself.</summary>
    public Action<string> OnIsolated { get; init; } = _ => { };

    /// <param name="start">As Registry says it.</param>
    /// <param name="connection">As <see cref="Connection"/>.</param>
    public static ConnectorLaunch Of(
        string connector, ConnectorStart start, string bundle, LaunchLimits limits, ConnectorOutput output, string? connection) =>
        new(connector, bundle, start.Command, limits, output, start.AutoMtls) { Environment = start.Env, Digest = start.Digest, Connection = connection };
}
