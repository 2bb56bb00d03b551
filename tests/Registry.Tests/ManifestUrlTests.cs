using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using static Platform.Registry.Tests.RegistryFixture;

namespace Platform.Registry.Tests;

/// <summary>The fixture's Registry may reach 127.0.0.1, where these manifests are served, and no other private address.</summary>
[Collection(nameof(ServiceRing))]
public sealed class ManifestUrlTests(RegistryFixture registry) : IAsyncLifetime
{
    private readonly WebApplication site = Site();

    public async ValueTask InitializeAsync() => await site.StartAsync();

    public async ValueTask DisposeAsync() => await site.DisposeAsync();

    [Theory]
    [InlineData("/manifest.json")]
    [InlineData("/moved")]
    public async Task A_manifest_is_fetched_and_may_be_renamed(string path)
    {
        var name = "fetched" + path.Replace('/', '-').Replace('.', '-');
        var id = (await registry.Post("/v1/connectors", $$"""{"url": "{{site.Urls.First()}}{{path}}", "name": "{{name}}"}""", 202)).GetProperty("id").GetGuid();
        var command = await registry.Installer.CommandAsync(id, TestContext.Current.CancellationToken);
        Assert.Equal((name, "/srv/fetched"), (command.Manifest.Name, command.Manifest.Uri));
    }

    [Theory]
    [InlineData("""{"url": "URL/hub/hubbed/releases/v1.2.3/connector-packaging.json"}""", "hubbed", "v1.2.3")]
    [InlineData("""{"name": "by-uri", "source": "HTTP", "protocol": "ndc", "version": "mine", "uri": "URL/hub/hubbed/releases/v1.2.3/connector-packaging.json"}""", "by-uri", "mine")]
    [InlineData("""{"catalogued": 0, "version": "v1.2.3", "uri": "https://example.com/a.tgz", "checksum": {"type": "sha256", "value": "0000000000000000000000000000000000000000000000000000000000000000"}}""", "sent", "v1.2.3")]
    public async Task A_hubs_document_is_followed_to_the_package(string body, string name, string version)
    {
        var query = name == "sent" ? "?name=sent" : "";
        var id = (await registry.Post("/v1/connectors" + query, body.Replace("URL", site.Urls.First()), 202)).GetProperty("id").GetGuid();
        var manifest = (await registry.Installer.CommandAsync(id, TestContext.Current.CancellationToken)).Manifest;
        Assert.Equal((name, "https://example.com/a.tgz", new string('0', 64), version, "ndc"), (manifest.Name, manifest.Uri, manifest.Sha256, manifest.Version, manifest.Protocol));
    }

    [Theory]
    [InlineData("/wrong/connector-packaging.json", "", "unsupported_checksum")]
    [InlineData("/manifest/connector-packaging.json", "", "invalid_uri")]
    [InlineData("/hub/hubbed/releases/v1.2.3/connector-packaging.json", ", \"sha256\": \"1111111111111111111111111111111111111111111111111111111111111111\"", "conflict")]
    public async Task A_hubs_document_that_can_t_be_followed_is_an_error_of_the_uri(string path, string rest, string code)
    {
        var problem = await registry.Post("/v1/connectors", $$"""{"name": "a", "source": "HTTP", "protocol": "ndc", "uri": "{{site.Urls.First()}}{{path}}"{{rest}}}""", 422);
        Assert.Equal((code == "conflict" ? "sha256" : "uri", code), (problem.GetProperty("errors")[0].GetProperty("field").GetString(), problem.GetProperty("errors")[0].GetProperty("code").GetString()));
    }

    [Theory]
    [InlineData("/missing", 422, "manifest_unreachable", "404")]
    [InlineData("/big", 422, "manifest_unreachable", "bytes")]
    [InlineData("/loop", 422, "outbound_redirect_refused", "more than 5")]
    [InlineData("/to-private", 422, "outbound_refused", "10.0.0.1")]
    [InlineData("/page.html", 400, "malformed_json", "document at the url")]
    [InlineData("/wrong.json", 422, "invalid_manifest", "errors")]
    public async Task What_is_no_manifest_is_refused(string path, int status, string code, string detail)
    {
        var problem = await registry.Post("/v1/connectors", $$"""{"url": "{{site.Urls.First()}}{{path}}?token=query-secret"}""", status);
        Assert.Equal(code, problem.GetProperty("code").GetString());
        Assert.Contains(detail, problem.GetProperty("detail").GetString());
        Assert.DoesNotContain("query-secret", problem.ToString());
    }

    private static WebApplication Site()
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = Path.GetTempPath() });
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var site = builder.Build();
        site.MapGet("/manifest.json", () => Results.Text(Manifest("fetched")));
        site.MapGet("/hub/hubbed/releases/v1.2.3/connector-packaging.json", () => Results.Text(Packaging("sha256")));
        site.MapGet("/wrong/connector-packaging.json", () => Results.Text(Packaging("md5")));
        site.MapGet("/manifest/connector-packaging.json", () => Results.Text(Manifest("fetched")));
        site.MapGet("/moved", () => Results.Redirect("/manifest.json"));
        site.MapGet("/loop", () => Results.Redirect("/loop"));
        site.MapGet("/to-private", () => Results.Redirect("http://10.0.0.1/manifest.json"));
        site.MapGet("/big", () => Results.Text(new string(' ', 300 * 1024)));
        site.MapGet("/page.html", () => Results.Text("<html>"));
        site.MapGet("/wrong.json", () => Results.Text("{}"));
        return site;
    }

    private static string Packaging(string checksum) =>
        $$"""{"version": "v1.2.3", "uri": "https://example.com/a.tgz", "checksum": {"type": "{{checksum}}", "value": "{{new string('0', 64)}}"} }""";
}
