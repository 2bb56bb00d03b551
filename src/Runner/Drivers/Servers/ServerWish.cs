using System.Security.Cryptography;
using System.Text;
using Platform.Runner.Processes;

namespace Platform.Runner.Drivers.Servers;

/// <summary>The server that a call needs.</summary>
/// <param name="Launch">Its connection and digest, with the options, say whether one that is warm serves; its output gets what the server writes meanwhile.</param>
/// <param name="Options">Secret: the validated JSON object.</param>
internal abstract record ServerWish(ConnectorLaunch Launch, string Options)
{
    /// <summary>Of the connection; what is only described has none.</summary>
    public string Connection => Launch.Connection ?? "";

    /// <summary>For people who look at the engine: whose container it is.</summary>
    public IReadOnlyDictionary<string, string> Labels => new Dictionary<string, string>
    {
        ["platform.connection"] = Connection, ["platform.connector"] = Launch.Connector, ["platform.digest"] = Launch.Digest,
    };

    /// <summary>Ports of this machine that it would listen at: of a process, as a container has its own.</summary>
    public virtual IReadOnlyCollection<int> OwnPorts => [];

    /// <summary>Tells nothing of the options.</summary>
    public string Key { get; } =
        $"{Launch.Connection} {Launch.Digest} {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Options)))}";
}

/// <typeparam name="T">What comes of it.</typeparam>
internal abstract record ServerWish<T>(ConnectorLaunch Launch, string Options) : ServerWish(Launch, Options)
    where T : WarmServer;

/// <summary>A server that is there and ready, held until this is disposed; then it stays warm for a while.</summary>
internal sealed class ServerUse<T>(T server, Action release) : IDisposable
{
    private Action? release = release;

    public T Server => server;

    public void Dispose() => Interlocked.Exchange(ref release, null)?.Invoke();
}
