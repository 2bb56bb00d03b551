using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using static Platform.Registry.Tests.RegistryFixture;

namespace Platform.Registry.Tests;

/// <summary>Each test has a Registry of its own, over a new database and its own indexes.</summary>
[Collection(nameof(ServiceRing))]
public sealed class CatalogTests(RegistryFixture registry) : IAsyncLifetime
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("registry-catalog-");
    private readonly WebApplication site = Site();
    private readonly List<RegistryHost> hosts = [];
    private string answer = "";
    private int requests;

    public async ValueTask InitializeAsync()
    {
        site.MapGet("/index.json", () =>
        {
            Interlocked.Increment(ref requests);
            return answer == "" ? Results.StatusCode(500) : Results.Text(answer);
        });
        await site.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in hosts) await host.DisposeAsync();
        await site.DisposeAsync();
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_file_lists_what_can_be_used_and_says_what_can_not()
    {
        var file = Write("""
            [
              {"name": "near", "source": "Local", "uri": "near/built", "command": "./near", "version": "1.4", "icon": "of another host"},
              {"name": "Not A Name", "source": "FTP", "uri": "x", "command": "./x"},
              "no object",
              {"name": "far", "description": "A far one", "source": "VCS", "uri": "https://example.org/far.git", "command": "./far", "update_command": ""}
            ]
            """);
        var catalog = await Get(Start(registry.NewDatabase(), file));

        Assert.Equal(["far", "near"], Names(catalog));
        var near = catalog.GetProperty("items")[1];
        Assert.Equal(Path.Combine(folder.FullName, "near/built"), near.GetProperty("uri").GetString());
        Assert.Equal(("1.4", file, JsonValueKind.Null), (near.GetProperty("version").GetString(), near.GetProperty("index").GetString(), near.GetProperty("installed_version").ValueKind));
        var index = Assert.Single(catalog.GetProperty("indexes").EnumerateArray());
        Assert.Equal(2, index.GetProperty("connectors").GetInt32());
        Assert.InRange(index.GetProperty("age_seconds").GetInt64(), 0, 60);
        var skipped = index.GetProperty("skipped").EnumerateArray().ToList();
        Assert.Equal([1, 2], skipped.Select(entry => entry.GetProperty("position").GetInt32()));
        Assert.Equal("Not A Name", skipped[0].GetProperty("name").GetString());
        Assert.Equal(["name", "source"], skipped[0].GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("field").GetString()).Order());
    }

    [Fact]
    public async Task An_index_is_read_once_an_hour_or_when_asked_and_outlives_its_server_and_the_registry()
    {
        answer = Index("remote");
        var (database, url) = (registry.NewDatabase(), site.Urls.First() + "/index.json");
        var client = Start(database, url);
        Assert.Equal(["remote"], Names(await Get(client)));
        Assert.Equal(["remote"], Names(await Get(client)));
        Assert.Equal(1, requests);

        answer = Index("renamed");
        Assert.Equal(["renamed"], Names(await Get(client, "?refresh=true")));

        answer = "";
        var broken = await Get(client, "?refresh=true");
        Assert.Equal(["renamed"], Names(broken));
        var index = broken.GetProperty("indexes")[0];
        Assert.Equal("manifest_unreachable", index.GetProperty("error").GetProperty("code").GetString());
        Assert.Contains("500", index.GetProperty("error").GetProperty("message").GetString());

        Assert.Equal(["renamed"], Names(await Get(Start(database, url))));
        Assert.Equal(3, requests);
    }

    [Theory]
    [InlineData("{}", "catalog_index_invalid")]
    [InlineData("<html>", "malformed_json")]
    public async Task A_document_that_is_no_index_pushes_nothing_out(string document, string code)
    {
        var file = Write(Index("kept"));
        var client = Start(registry.NewDatabase(), file);
        Assert.Equal(["kept"], Names(await Get(client)));

        Write(document);
        var catalog = await Get(client, "?refresh=true");

        Assert.Equal(["kept"], Names(catalog));
        Assert.Equal(code, catalog.GetProperty("indexes")[0].GetProperty("error").GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_connector_is_installed_by_its_name_from_the_first_index_that_lists_it()
    {
        var first = Write("""[{"name": "twice", "source": "Local", "uri": "/srv/first", "command": "./x", "version": "1"}, {"name": "twice", "source": "Local", "uri": "/srv/newer", "command": "./x", "version": "2"}]""");
        var second = Write(Index("twice"), "second.json");
        var client = Start(registry.NewDatabase(), first, second);

        Assert.Equal("/srv/first", await InstalledFrom(client, """{"catalog": "twice"}"""));
        Assert.Equal("/srv/newer", await InstalledFrom(client, """{"catalog": "twice", "version": "2", "name": "other"}"""));
    }

    [Fact]
    public async Task A_name_that_no_index_lists_is_refused_and_the_unreadable_index_named()
    {
        var client = Start(registry.NewDatabase(), site.Urls.First() + "/index.json");

        var problem = await Body(client.PostAsync("/v1/connectors", Content("""{"catalog": "absent", "version": "9"}"""), TestContext.Current.CancellationToken), 404);

        Assert.Equal("unknown_catalog_entry", problem.GetProperty("code").GetString());
        Assert.Contains("'absent' in version 9", problem.GetProperty("detail").GetString());
        Assert.Contains("/index.json", problem.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task A_mistyped_name_is_answered_with_those_that_are_alike_first()
    {
        var file = Write("""
            [{"name": "aardvark", "source": "Local", "uri": "/srv/a", "command": "./x"}, {"name": "zipcat", "source": "Local", "uri": "/srv/z", "command": "./x", "version": "2.1"}]
            """);
        var client = Start(registry.NewDatabase(), file);

        async Task<JsonElement> Refused(string body, int status) =>
            await Body(client.PostAsync("/v1/connectors", Content(body), TestContext.Current.CancellationToken), status);

        Assert.Equal("Listed are: zipcat, aardvark.", (await Refused("""{"catalog": "zipct"}""", 404)).GetProperty("remedy").GetString());
        Assert.StartsWith("Listed are: zipcat@2.1, ", (await Refused("""{"catalog": "zipcat", "version": "7"}""", 404)).GetProperty("remedy").GetString());
        var both = await Refused("""{"catalog": "zipcat", "url": "https://example.org/x.json"}""", 422);
        Assert.Equal("conflict", both.GetProperty("errors")[0].GetProperty("code").GetString());
    }

    private static string Index(string name) => JsonSerializer.Serialize(new[] { new { name, source = "Local", uri = "/srv/" + name, command = "./run" } });

    private static IEnumerable<string?> Names(JsonElement catalog) => catalog.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("name").GetString());

    private static Task<JsonElement> Get(HttpClient client, string query = "") => Body(client.GetAsync("/v1/catalog" + query, TestContext.Current.CancellationToken), 200);

    private static WebApplication Site()
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = Path.GetTempPath() });
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        return builder.Build();
    }

    private async Task<string> InstalledFrom(HttpClient client, string body)
    {
        var id = (await Body(client.PostAsync("/v1/connectors", Content(body), TestContext.Current.CancellationToken), 202)).GetProperty("id").GetGuid();
        return (await registry.Installer.CommandAsync(id, TestContext.Current.CancellationToken)).Manifest.Uri;
    }

    private string Write(string text, string name = "index.json")
    {
        var path = Path.Combine(folder.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }

    private HttpClient Start(string database, params string[] sources)
    {
        // Its own keys: they belong to its database.
        var host = new RegistryHost(database, registry.Messaging, folder.CreateSubdirectory("data").FullName,
            [("Outbound:Allow:0", "127.0.0.1"), .. sources.Select((source, i) => ($"Catalog:Sources:{i}", source))]);
        hosts.Add(host);
        return host.ClientWith("admin");
    }
}
