using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;

namespace Platform.Tests;

/// <summary>The HTTP API as a program uses it: JSON in, JSON out, waiting where work goes on.</summary>
internal sealed class ApiClient(HttpClient http)
{
    public HttpClient Http => http;

    public async Task<JsonNode> GetAsync(string path)
    {
        using var response = await http.GetAsync(path);
        return await ReadAsync(response, HttpStatusCode.OK);
    }

    public async Task<(HttpStatusCode Status, JsonNode? Body, HttpResponseMessage Response)> SendAsync(HttpMethod method, string path, string? json = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (json is not null)
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        var response = await http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return (response.StatusCode, text.StartsWith('{') ? JsonNode.Parse(text) : null, response);
    }

    /// <summary>Installs and waits for the end, good or bad.</summary>
    public async Task<JsonNode> InstallAsync(JsonObject manifest)
    {
        using var response = await http.PostAsJsonAsync("/v1/connectors", manifest);
        var install = await ReadAsync(response, HttpStatusCode.Accepted);
        return await Limits.UntilAsync($"install {install["id"]} to end", Limits.Install, async () =>
            await GetAsync($"/v1/installs/{install["id"]}") is { } record && (string?)record["state"] is "succeeded" or "failed" ? record : null);
    }

    public async Task ConnectAsync(string connection, string connector, JsonNode options)
    {
        using var response = await http.PostAsJsonAsync("/v1/connections",
            new JsonObject { ["name"] = connection, ["connector"] = connector, ["options"] = options.ToJsonString() });
        await ReadAsync(response, HttpStatusCode.Created);
    }

    public async Task<JsonNode> StartAsync(string connection)
    {
        using var response = await http.PostAsJsonAsync("/v1/runs", new JsonObject { ["connection"] = connection });
        return await ReadAsync(response, HttpStatusCode.Accepted);
    }

    /// <summary>Runs a sync and waits for the end, good or bad.</summary>
    public async Task<JsonNode> SyncAsync(string connection) => await EndAsync(await StartAsync(connection));

    public Task<JsonNode> EndAsync(JsonNode run) =>
        Limits.UntilAsync($"run {run["id"]} to end", Limits.Run, async () =>
            await GetAsync($"/v1/runs/{run["id"]}") is { } record && (string?)record["state"] is not ("queued" or "running") ? record : null);

    public async Task<IReadOnlyList<JsonNode>> ObjectsAsync(string connection)
    {
        var all = new List<JsonNode>();
        string? cursor = null;
        do
        {
            var page = await GetAsync($"/v1/objects?connection={connection}&limit=1000" + (cursor is null ? "" : "&cursor=" + Uri.EscapeDataString(cursor)));
            all.AddRange(page["items"]!.AsArray().Select(item => item!));
            cursor = (string?)page["next"];
        }
        while (cursor is not null);
        return all;
    }

    private static async Task<JsonNode> ReadAsync(HttpResponseMessage response, HttpStatusCode expected)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == expected, $"{response.RequestMessage?.Method} {response.RequestMessage?.RequestUri?.PathAndQuery} gave {(int)response.StatusCode}, not {(int)expected}: {text}");
        return JsonNode.Parse(text)!;
    }
}
