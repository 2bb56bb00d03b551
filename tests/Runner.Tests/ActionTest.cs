using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Platform.Servers;
using Platform.ServiceDefaults;

namespace Platform.Runner.Tests;

/// <summary>What tests of actions have in common: connections whose connector says what it can be asked, and requests.</summary>
public abstract class ActionTest(ServersFixture servers, GoConnectors connectors) : RunnerTest(servers, connectors)
{
    /// <summary>A connection of a c1 connector, of which something is claimed.</summary>
    private protected void Add(string connection, params ActionSpecification[] actions)
    {
        peers.Registry.Add(connection, peers.Bundles.Add(Connectors.Crash), "./crash-go", """{"mode": "ok"}""");
        peers.Registry.Connections[connection].Specification = ByteString.CopyFrom(
            new ConnectorSpecification("crash-go", "1", "", [new("mode", "", ParameterTypes.String, Validations: [new(ValidationTypes.Required)])], [], actions).ToJson());
    }

    private protected static Task<(int Status, JsonElement Body, Uri? Location)> InvokeAsync(RunnerProcess runner, string action, string body, string connection = "c", string? key = null) =>
        SendAsync(runner, HttpMethod.Post, $"/v1/connections/{connection}/actions/{action}", body, key);

    private protected static async Task<(int Status, JsonElement Body, Uri? Location)> SendAsync(
        RunnerProcess runner, HttpMethod method, string path, string? body = null, string? key = null, string? actor = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        if (key is not null)
            request.Headers.Add("Idempotency-Key", key);
        if (actor is not null)
            request.Headers.Add("X-Platform-Actor", actor);
        using var response = await runner.Client.SendAsync(request, TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken), response.Headers.Location);
    }

    private protected async Task<JsonElement> GetAsync(string path) => (await SendAsync(runner, HttpMethod.Get, path)).Body;

    private protected static string? Text(JsonElement json, params string[] path)
    {
        foreach (var name in path)
            json = json.GetProperty(name);
        return json.ValueKind == JsonValueKind.Null ? null : json.GetString();
    }
}
