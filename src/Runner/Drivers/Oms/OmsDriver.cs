using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Platform.Contracts;
using Platform.Oms;
using Platform.Runner.Drivers.Oms.Commands;
using Platform.Runner.Drivers.Oms.Events;
using Platform.Runner.Drivers.Oms.Http;
using Platform.Runner.Drivers.Oms.Rpc;
using Platform.Runner.Drivers.Oms.Servers;
using Platform.Runner.Drivers.Servers;
using Platform.Runner.Processes;
using Platform.ServiceDefaults;

namespace Platform.Runner.Drivers.Oms;

/// <summary>
/// Services that a file describes (Open Microservice Specification): their actions are requests to a server that is kept warm between calls, and
/// commands beside it. A connection's options are the service's environment.
/// </summary>
internal sealed class OmsDriver(ServiceVersions versions, WarmServers servers, OmsHttpClients clients, HttpAction http, RpcAction rpc) : IConnectorDriver
{
    public const string Protocol = Manifest.ServiceProtocol;

    /// <summary>From its file; only an RPC action that declares no arguments, and has no .proto, is asked for at the service itself.</summary>
    public async Task<ConnectorDescription> DescribeAsync(ConnectorLaunch launch, CancellationToken cancel)
    {
        var version = versions.Read(launch);
        var specification = OmsSpecification.Of(version.Service, out var leftOut);
        foreach (var reason in leftOut)
            launch.Output.Add(LogLevel.Warning, $"The action {reason}");
        return new("none", Protocol, await WithRpcParametersAsync(launch, version, specification, cancel));
    }

    public async Task<IReadOnlyList<CheckResult>> CheckAsync(ConnectorLaunch launch, string options, CancellationToken cancel)
    {
        var version = versions.Read(launch);
        using var use = await AcquireAsync(launch, options, version, cancel);
        launch.OnIsolated(use.Server.Isolation);
        var health = version.Service.Health;
        return
        [
            new("environment", true, "The options are what the service's environment takes."),
            // One that is elsewhere is not asked: whether it is up is its owner's affair, and the next action tells.
            use.Server.IsElsewhere ? new("address", true, $"The service is expected at {version.Runtime.Address}.")
                : new("start", true, health is null ? "The service has started." : $"The service has started, and its health at {health.Path} says that it is ready."),
        ];
    }

    public Task<SyncEnd> SyncAsync(SyncWork work, CancellationToken cancel) => throw ServiceFaults.SyncNotSupported();

    public async Task<ActionAnswer> InvokeAsync(ActionWork work, CancellationToken cancel)
    {
        var version = versions.Read(work.Launch);
        if (version.Service.Actions.FirstOrDefault(a => a.Name == work.Action) is not { Unusable: null, Interface: { } way } action)
            throw Faults.UnknownAction(work.Action);
        // What lies outside needs nothing of the service's own.
        using var use = way is OmsHttp { Url: not null } ? null : await AcquireAsync(work.Launch, work.Options, version, cancel);
        var server = use?.Server ?? NoServer.Instance;
        work.OnStarted(server.Isolation);
        if (action.Deprecated)
            work.Launch.Output.Add(LogLevel.Warning, $"The action {action.Name} is deprecated. {action.Help}".TrimEnd());
        var call = new OmsCall(action, (JsonObject)JsonNode.Parse(work.Arguments)!, server, work.Launch.Bundle, version.DescriptorsOf(action), work);
        return way switch
        {
            OmsHttp request => await http.InvokeAsync(call, request, cancel),
            OmsCommand command => await CommandAction.InvokeAsync(call, command, cancel),
            OmsRpc method => await rpc.InvokeAsync(call, method, cancel),
            _ => throw Faults.UnknownAction(work.Action),
        };
    }

    public async Task<ConnectorListener> ListenAsync(ListenWork work, CancellationToken cancel)
    {
        var version = versions.Read(work.Launch);
        var use = await AcquireAsync(work.Launch, work.Options, version, cancel);
        try
        {
            var receiver = await EventReceiver.ListenAsync(use.Server.CallbackAddress ?? throw EventFaults.NoWayBack(), work.Accept, cancel);
            return new OmsListener(version.Service, use, receiver, use.Server.IsElsewhere ? clients.Outside : clients.Own);
        }
        catch (Exception e)
        {
            use.Dispose();
            throw e is IOException ? EventFaults.NotListening(e.Message) : e;
        }
    }

    public Task ForgetAsync(Guid connection, CancellationToken cancel) => servers.ForgetAsync(connection.ToString(), cancel);

    private async Task<ConnectorSpecification> WithRpcParametersAsync(
        ConnectorLaunch launch, ServiceVersion version, ConnectorSpecification specification, CancellationToken cancel)
    {
        ServerUse<OmsServer>? use = null;
        try
        {
            List<ActionSpecification> actions = [];
            foreach (var action in specification.Actions)
            {
                var declared = version.Service.Actions.First(a => a.Name == action.Name);
                if (declared is not { Arguments.Count: 0, Interface: OmsRpc method })
                {
                    actions.Add(action);
                    continue;
                }

                var descriptors = version.DescriptorsOf(declared);
                if (descriptors is null && method.Endpoint is null)
                    use ??= await AcquireAsync(launch, ParameterRules.Apply(specification.Parameters, "{}").Json, version, cancel);
                actions.Add(action with { Parameters = await rpc.ParametersAsync(declared, method, use?.Server, launch.Bundle, descriptors, cancel) });
            }

            return specification with { Actions = actions };
        }
        finally
        {
            use?.Dispose();
        }
    }

    private async Task<ServerUse<OmsServer>> AcquireAsync(ConnectorLaunch launch, string options, ServiceVersion version, CancellationToken cancel)
    {
        try
        {
            return await servers.AcquireAsync(new OmsServerWish(launch, options, version.Service, version.Runtime), cancel);
        }
        catch (ProblemException e)
        {
            // The platform's lack and not the service's fault.
            throw new RunFaultException(new(e.Problem.Code, e.Problem.Detail, e.Problem.Remedy, Transient: true));
        }
    }

    /// <summary>Of actions that lie outside the service.</summary>
    private sealed class NoServer : OmsServer
    {
        public static readonly NoServer Instance = new();

        public override string Isolation => "none";

        public override Uri AddressOf(int port) => throw new InvalidOperationException("The action is outside the service.");

        public override Task<CommandOutcome> ExecuteAsync(IReadOnlyList<string> argv, long maxBytes, CancellationToken cancel) =>
            throw new InvalidOperationException("The action is outside the service.");
    }
}
