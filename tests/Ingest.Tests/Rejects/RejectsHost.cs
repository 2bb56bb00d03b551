using System.Net;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Platform.Ingest.V1;
using PageObject = Platform.Objects.V1.Object;

namespace Platform.Ingest.Tests.Rejects;

/// <summary>The HTTP side of rejects, and loads that make some.</summary>
internal sealed class RejectsHost(IngestHost host) : IAsyncDisposable
{
    public IngestHost Host => host;

    public static async Task<RejectsHost> StartAsync(string database, params (string Key, string Value)[] settings)
    {
        var host = await IngestHost.StartAsync(database, settings: settings);
        host.Http.DefaultRequestHeaders.Remove(ServiceDefaults.Scopes.Header);
        host.Http.DefaultRequestHeaders.Add(ServiceDefaults.Scopes.Header, "objects:read objects:write");
        return new(host);
    }

    /// <summary>A whole run of these objects.</summary>
    public async Task<Counts> RunAsync(TestRun run, params IEnumerable<PageObject> objects) => await RunAsync(run, "", objects);

    public async Task<Counts> RunAsync(TestRun run, string stream, IEnumerable<PageObject> objects, bool deletes = false, bool notifyChanges = false)
    {
        using var session = await host.OpenAsync(run, notifyChanges: notifyChanges);
        var counts = await session.LoadAsync(Pages.Encode(objects), stream, deletes);
        await host.CloseAsync(run, change: close => close.NotifyChanges = notifyChanges);
        return counts;
    }

    /// <summary>Brings one object that is rejected, and answers its id.</summary>
    public async Task<long> RejectAsync(TestRun run, PageObject one, string stream = "", bool deletes = false)
    {
        Assert.Equal(1, (await RunAsync(run, stream, [one], deletes)).Rejected);
        return await host.QueryAsync<long>("SELECT max(id) FROM rejects");
    }

    public async Task<Answer> AskAsync(HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json") };
        using var response = await host.Http.SendAsync(request, TestContext.Current.CancellationToken);
        return await Answer.ReadAsync(response);
    }

    public Task<Answer> ReplayAsync(long id, string? body = null) => AskAsync(HttpMethod.Post, $"/v1/rejects/{id}/replay", body);

    public async Task<(List<JsonElement> Items, string? Next)> ListAsync(string query = "")
    {
        var answer = await AskAsync(HttpMethod.Get, "/v1/rejects" + query);
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        return ([.. answer.Body.GetProperty("items").EnumerateArray()], answer.Body.GetProperty("next").GetString());
    }

    public Task<long> CountAsync() => host.QueryAsync<long>("SELECT count(*) FROM rejects");

    public static PageObject Object(byte[] remoteId, string metadata = "{}") =>
        new() { RemoteId = ByteString.CopyFrom(remoteId), ResourceName = ByteString.CopyFromUtf8("file"), Uri = ByteString.CopyFromUtf8("file:///x"), Metadata = ByteString.CopyFromUtf8(metadata) };

    public ValueTask DisposeAsync() => host.DisposeAsync();
}
