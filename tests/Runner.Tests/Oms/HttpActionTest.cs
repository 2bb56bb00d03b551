using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Platform.Oms;
using Platform.Runner.Drivers;
using Platform.Runner.Drivers.Oms;
using Platform.Runner.Drivers.Oms.Http;
using Platform.Runner.Processes;
using Platform.ServiceDefaults;

namespace Platform.Runner.Tests.Oms;

/// <summary>Actions with an HTTP interface against a server that records what it is sent.</summary>
public abstract class HttpActionTest : IDisposable
{
    private readonly OmsHttpClients clients = Clients();

    public void Dispose() => clients.Dispose();

    private protected static OmsHttpClients Clients(params string[] allowed) => new(new OutboundGuard(
        new ConfigurationBuilder().AddInMemoryCollection(allowed.Select((a, i) => KeyValuePair.Create($"Outbound:Allow:{i}", (string?)a))).Build()));

    private protected static OmsHttp Http(string method, string path = "/p", string contentType = OmsHttp.Json) => new(method, 80, path, null, contentType);

    private protected static OmsArgument Argument(string name, OmsIn place, string type = OmsTypes.Any) => new(name, type, In: place);

    private protected static OmsAction Action(OmsHttp http, params OmsArgument[] arguments) => new("act", "", false, arguments, new(), http);

    private protected Task<ActionAnswer> InvokeAsync(
        RecordingServer server, OmsAction action, string arguments = "{}", long maxBytes = 1 << 20, OmsHttpClients? through = null, CancellationToken? cancel = null) =>
        InvokeAsync(server.Address, action, arguments, maxBytes, through, cancel);

    private protected async Task<ActionAnswer> InvokeAsync(
        Uri server, OmsAction action, string arguments = "{}", long maxBytes = 1 << 20, OmsHttpClients? through = null, CancellationToken? cancel = null)
    {
        var work = new ActionWork(null!, "{}", action.Name, arguments, Guid.NewGuid(), _ => { }, (_, _) => { }, maxBytes);
        var call = new OmsCall(action, JsonNode.Parse(arguments)!.AsObject(), new Here(server), "", null, work);
        return await new HttpAction(through ?? clients).InvokeAsync(call, (OmsHttp)action.Interface!, cancel ?? TestContext.Current.CancellationToken);
    }

    private protected async Task<RecordedRequest> SendAsync(OmsAction action, string arguments = "{}")
    {
        await using var server = new RecordingServer();
        var answer = await InvokeAsync(server, action, arguments);
        Assert.Null(answer.Error);
        return Assert.Single(server.Requests);
    }

    private protected sealed class Here(Uri address) : OmsServer
    {
        public override string Isolation => "test";

        public override Uri AddressOf(int port) => address;

        public override Task<CommandOutcome> ExecuteAsync(IReadOnlyList<string> argv, long maxBytes, CancellationToken cancel) => throw new NotSupportedException();
    }
}
