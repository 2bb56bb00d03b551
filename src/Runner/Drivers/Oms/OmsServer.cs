using System.Net;
using System.Text.Json.Nodes;
using Platform.Oms;
using Platform.Runner.Drivers.Servers;
using Platform.Runner.Processes;

namespace Platform.Runner.Drivers.Oms;

/// <summary>A service that is there and ready: a container, a process in the sandbox, or a server that somebody else runs.</summary>
internal abstract class OmsServer : WarmServer
{
    /// <summary>Somebody else runs it, at an address that a caller chose: connections to it pass the outbound guard.</summary>
    public virtual bool IsElsewhere => false;

    /// <summary>Where a port of the service is reached from here: scheme, host and port.</summary>
    /// <exception cref="RunFaultException">The service has no such port.</exception>
    public abstract Uri AddressOf(int port);

    /// <summary>This machine's address by which the service can reach it; null: there is none.</summary>
    public virtual IPAddress? CallbackAddress => IPAddress.Loopback;

    /// <summary>Runs a command beside what the service already runs, without a terminal and with an empty standard input.</summary>
    /// <param name="maxBytes">Of standard output; more is the fault <c>result_too_large</c>. Of standard error the end is kept.</param>
    /// <exception cref="RunFaultException">It could not be run at all: a server elsewhere can't, for one.</exception>
    public abstract Task<CommandOutcome> ExecuteAsync(IReadOnlyList<string> argv, long maxBytes, CancellationToken cancel);
}

/// <summary>One action of a service to carry out, whatever its interface.</summary>
/// <param name="Arguments">Validated, with defaults; only what is to be sent.</param>
/// <param name="Bundle">The root of the version's files.</param>
/// <param name="Descriptors">A file with a FileDescriptorSet, for RPC; null: none.</param>
internal sealed record OmsCall(OmsAction Action, JsonObject Arguments, OmsServer Server, string Bundle, string? Descriptors, ActionWork Work);
