using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;

namespace Platform.Gateway.Tests;

public sealed class AuditTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_change_is_in_the_log_once_its_answer_begins_and_a_look_is_not()
    {
        var path = $"/v1/connectors/{Guid.NewGuid():N}";
        using var read = await gateway.GetAsync(path);
        using var change = await gateway.SendAsync(HttpMethod.Delete, path + "?secret=hidden", "Bearer " + gateway.Bootstrap);
        // Straight from the table: nothing is waited for.
        var row = Assert.Single(await gateway.QueryAsync("SELECT actor, method, path, status, code, address, trace_id FROM audit WHERE path = $1", path));
        Assert.Equal(["bootstrap", "DELETE", path, 200, null, "127.0.0.1"], row[..6]);
        Assert.Matches("^[0-9a-f]{32}$", Assert.IsType<string>(row[6]));
    }

    [Fact]
    public async Task What_is_refused_is_in_the_log_with_its_code()
    {
        var path = $"/v1/runs/{Guid.NewGuid():N}";
        using var nobody = await gateway.SendAsync(HttpMethod.Get, path, null);
        var token = await gateway.AddKnownTokenAsync("runs:read");
        using var foreign = await gateway.SendAsync(HttpMethod.Get, "/v1/tokens/" + path[9..], "Bearer " + token);
        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.Forbidden), (nobody.StatusCode, foreign.StatusCode));

        var log = await gateway.GetAsync("/v1/audit?denied=true&limit=1000");
        var items = (await log.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("items").EnumerateArray().ToList();
        var first = Assert.Single(items, item => item.GetProperty("path").GetString() == path);
        Assert.Equal((401, "token_required"), (first.GetProperty("status").GetInt32(), first.GetProperty("code").GetString()));
        Assert.Equal(JsonValueKind.Null, first.GetProperty("actor").ValueKind);
        var second = Assert.Single(items, item => item.GetProperty("path").GetString() == "/v1/tokens/" + path[9..]);
        Assert.Equal((403, "insufficient_scope"), (second.GetProperty("status").GetInt32(), second.GetProperty("code").GetString()));
        Assert.StartsWith("t", second.GetProperty("actor").GetString());
    }

    [Fact]
    public async Task What_a_service_refuses_has_its_code_there_too_and_the_answer_no_header_of_ours()
    {
        var path = $"/v1/connections/{Guid.NewGuid():N}";
        gateway.Stub.Lacking[path] = "connections:read";
        using var refused = await gateway.GetAsync(path);

        var row = Assert.Single(await gateway.QueryAsync("SELECT status, code FROM audit WHERE path = $1", path));
        Assert.Equal([403, "insufficient_scope"], row);
        Assert.DoesNotContain(refused.Headers, header => header.Key.StartsWith("X-Platform", StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("UPDATE audit SET actor = 'nobody'")]
    [InlineData("DELETE FROM audit")]
    [InlineData("TRUNCATE audit")]
    public async Task Nothing_in_it_can_be_changed(string statement)
    {
        using var change = await gateway.SendAsync(HttpMethod.Delete, "/v1/connectors/files", "Bearer " + gateway.Bootstrap);
        var refused = await Assert.ThrowsAsync<PostgresException>(() => gateway.ExecuteAsync(statement));
        Assert.Contains("append-only", refused.MessageText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_comes_in_pages_the_newest_first_and_by_actor_path_and_time()
    {
        var mark = $"/v1/connections/{Guid.NewGuid():N}";
        for (var i = 0; i < 5; i++) (await gateway.SendAsync(HttpMethod.Delete, $"{mark}/{i}", "Bearer " + gateway.Bootstrap)).Dispose();
        var seen = new List<string>();
        for (string? cursor = ""; cursor is not null;)
        {
            using var response = await gateway.GetAsync($"/v1/audit?path={mark}&actor=bootstrap&limit=2&cursor={cursor}");
            var page = await response.Content.ReadFromJsonAsync<JsonElement>(Cancel);
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("path").GetString()![^1..]));
            cursor = page.GetProperty("next").GetString();
        }
        Assert.Equal(["4", "3", "2", "1", "0"], seen);

        Assert.Empty(await ItemsAsync($"/v1/audit?path={mark}&actor=somebody"));
        Assert.Empty(await ItemsAsync($"/v1/audit?path={mark}&until=2020-01-01T00:00:00Z"));
        Assert.Equal(5, (await ItemsAsync($"/v1/audit?path={mark}&since=2020-01-01T00:00:00Z")).Count);
        using var bad = await gateway.GetAsync("/v1/audit?cursor=WyJ4Il0");
        Assert.Equal("bad_cursor", (await GatewayFixture.ProblemAsync(bad)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task Only_what_is_old_is_purged()
    {
        await gateway.ExecuteAsync("INSERT INTO audit (at, method, path, status) VALUES (now() - interval '500 days', 'PUT', '/old', 200), (now() - interval '100 days', 'PUT', '/younger', 200)");
        await using var database = NpgsqlDataSource.Create(gateway.Database);
        Assert.Equal(1, await new Audit.AuditStore(database).PurgeAsync(TimeSpan.FromDays(400), 100, Cancel));
        Assert.Equal("/younger", Assert.Single(await gateway.QueryAsync("SELECT path FROM audit WHERE method = 'PUT'"))[0]);
    }

    private async Task<IReadOnlyList<JsonElement>> ItemsAsync(string path)
    {
        using var response = await gateway.GetAsync(path);
        return [.. (await response.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("items").EnumerateArray()];
    }
}
