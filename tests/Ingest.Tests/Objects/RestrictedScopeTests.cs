using System.Net;
using System.Text.Json;
using Platform.Ingest.Tests.Rejects;
using Platform.Servers;
using Platform.ServiceDefaults;

namespace Platform.Ingest.Tests.Objects;

/// <summary>Callers whose scopes are restricted to connections.</summary>
public sealed class RestrictedScopeTests(ServersFixture servers) : IAsyncLifetime
{
    private readonly TestRun _own = TestRun.New();
    private readonly TestRun _foreign = TestRun.New();
    private RejectsHost _rejects = null!;

    public async ValueTask InitializeAsync() => _rejects = await RejectsHost.StartAsync(servers.PostgresConnectionString("ingest"));

    public ValueTask DisposeAsync() => _rejects.DisposeAsync();

    [Fact]
    public async Task They_see_the_objects_of_their_connections_and_no_others()
    {
        await _rejects.Host.StoreAsync(_own, "", "a", "b");
        await _rejects.Host.StoreAsync(_foreign, "", "c");
        Hold($"objects:read:{_own.Connection}");

        Assert.Equal(["a", "b"], await _rejects.Host.IdsAsync(""));
        Assert.Equal(["a", "b"], await _rejects.Host.IdsAsync($"?connection={_own.Connection}"));
        foreach (var path in new[] { "/v1/objects", "/v1/objects/export" })
            Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.Forbidden), (await StatusAsync($"{path}?connection={_foreign.Connection}"), await StatusAsync($"{path}?connection=nobody")));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync($"/v1/objects/export?connection={_own.Connection}"));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync($"/v1/connections/{_foreign.Connection}/state"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync($"/v1/connections/{_own.Connection}/state"));
    }

    [Fact]
    public async Task Rejects_of_other_connections_are_not_there()
    {
        var own = await _rejects.RejectAsync(_own, Pages.Object("", "{}"));
        var foreign = await _rejects.RejectAsync(_foreign, Pages.Object("", "{}"));
        Hold($"objects:read:{_own.Connection} objects:write:{_own.Connection}");

        Assert.Equal([own], (await _rejects.ListAsync()).Items.Select(item => item.GetProperty("id").GetInt64()));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync($"/v1/rejects?connection={_foreign.Connection}"));
        foreach (var path in new[] { $"/v1/rejects/{foreign}", $"/v1/rejects/{foreign}/raw" })
            Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(path));
        Assert.Equal(HttpStatusCode.NotFound, (await _rejects.ReplayAsync(foreign)).Status);
        using var dismissed = await _rejects.Host.Http.DeleteAsync($"/v1/rejects/{foreign}", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotFound, dismissed.StatusCode);
        Assert.Equal(2, await _rejects.CountAsync());

        foreach (var path in new[] { $"/v1/rejects/{own}", $"/v1/rejects/{own}/raw" })
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(path));
        using var gone = await _rejects.Host.Http.DeleteAsync($"/v1/rejects/{own}", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NoContent, gone.StatusCode);
    }

    private void Hold(string scopes)
    {
        _rejects.Host.Http.DefaultRequestHeaders.Remove(Scopes.Header);
        _rejects.Host.Http.DefaultRequestHeaders.Add(Scopes.Header, scopes);
    }

    private async Task<HttpStatusCode> StatusAsync(string path)
    {
        using var response = await _rejects.Host.Http.GetAsync(path, TestContext.Current.CancellationToken);
        return response.StatusCode;
    }
}
