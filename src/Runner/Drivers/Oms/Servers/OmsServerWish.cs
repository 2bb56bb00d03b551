using System.Security.Cryptography;
using System.Text;
using Platform.Contracts;
using Platform.Oms;
using Platform.Runner.Processes;

namespace Platform.Runner.Drivers.Oms.Servers;

/// <summary>The server that a call needs.</summary>
/// <param name="Launch">Its connection and digest, with the options, say whether one that is warm serves; its output gets what the service writes meanwhile.</param>
/// <param name="Options">Secret: the validated JSON object; its members are the service's variables, by their declared names.</param>
internal sealed record OmsServerWish(ConnectorLaunch Launch, string Options, OmsService Service, ServiceRuntime Runtime)
{
    /// <summary>Of the connection; what is only described has none, and no warm server.</summary>
    public string Connection => Launch.Connection ?? "";

    /// <summary>Ports of this machine that it would listen at: of a process, as a container has its own.</summary>
    public IReadOnlyCollection<int> OwnPorts { get; } = Runtime.Kind == ServiceKinds.Process && Service.Lifecycle.Startup is not null ? ServicePorts.Of(Service) : [];

    /// <summary>Tells nothing of the options.</summary>
    public string Key { get; } =
        $"{Launch.Connection} {Launch.Digest} {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Options)))}";
}

/// <summary>A server that is there and ready, held until this is disposed; then it stays warm for a while.</summary>
internal sealed class OmsServerUse(OmsServer server, Action release) : IDisposable
{
    private Action? release = release;

    public OmsServer Server => server;

    public void Dispose() => Interlocked.Exchange(ref release, null)?.Invoke();
}
