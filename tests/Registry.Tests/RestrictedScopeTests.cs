using System.Net;
using System.Text.Json;
using static Platform.Registry.Tests.ConnectionTests;
using static Platform.Registry.Tests.RegistryFixture;

namespace Platform.Registry.Tests;

/// <summary>Callers whose scopes are restricted to connections.</summary>
[Collection(nameof(ServiceRing))]
public sealed class RestrictedScopeTests(RegistryFixture registry)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task They_see_their_connections_page_by_page_and_no_others()
    {
        await registry.Install(Manifest("scoped"), id => Success(id));
        foreach (var name in new[] { "scope-a1", "scope-a2", "scope-a3", "scope-b1", "scopexa1" })
            await registry.Post("/v1/connections", Connection(name, "scoped", "\"\""), 201);
        using var caller = registry.Host.ClientWith("connections:read:scope-a* connections:read:scope-b1");

        var seen = new List<string?>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = JsonSerializer.Deserialize<JsonElement>(await caller.GetStringAsync($"/v1/connections?limit=2&cursor={cursor}", Cancel));
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("name").GetString()));
            cursor = page.GetProperty("next").GetString();
        }
        Assert.Equal(["scope-a1", "scope-a2", "scope-a3", "scope-b1"], seen);

        Assert.Equal(HttpStatusCode.OK, (await caller.GetAsync("/v1/connections/scope-a1", Cancel)).StatusCode);
        // The same for one that is there and one that is not.
        foreach (var name in new[] { "scopexa1", "nobody" })
            Assert.Equal(HttpStatusCode.Forbidden, (await caller.GetAsync($"/v1/connections/{name}", Cancel)).StatusCode);
    }

    [Fact]
    public async Task They_make_change_and_delete_connections_of_such_names_alone()
    {
        await registry.Install(Manifest("scoped-made"), id => Success(id));
        using var caller = registry.Host.ClientWith("connections:write:made-*");
        Assert.Equal(HttpStatusCode.Forbidden, (await caller.PostAsync("/v1/connections", Content(Connection("other", "scoped-made", "\"\"")), Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.Created, (await caller.PostAsync("/v1/connections", Content(Connection("made-1", "scoped-made", "\"\"")), Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await caller.PostAsync("/v1/connections", Content("{}"), Cancel)).StatusCode);
        await registry.Post("/v1/connections", Connection("not-made", "scoped-made", "\"\""), 201);
        Assert.Equal(HttpStatusCode.Forbidden, (await caller.DeleteAsync("/v1/connections/not-made", Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await caller.PatchAsync("/v1/connections/not-made", Content("{}"), Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await caller.DeleteAsync("/v1/connections/made-1", Cancel)).StatusCode);
    }
}
