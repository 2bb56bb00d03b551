using System.Text.Json;
using Platform.Contracts;
using Platform.Registry.Manifests;
using Platform.ServiceDefaults;

namespace Platform.Registry.Tests;

/// <summary>Manifests of packaged connectors.</summary>
public sealed class PackageManifestTests
{
    [Theory]
    [InlineData("Image", "ghcr.io/hub/ndc-demo:v1", "")]
    [InlineData("Image", "ndc-demo", "\"configuration\": \"/srv/demo\", \"env\": {\"A\": \"b\"}, \"limits\": {\"memory_mb\": 64}")]
    [InlineData("HTTP", "https://example.com/connector-definition.tgz", "\"sha256\": \"0123456789012345678901234567890123456789012345678901234567890123\", \"subdir\": \"a\", \"version\": \"v1.0.0\"")]
    [InlineData("Local", "/srv/demo", "\"install_command\": \"make\"")]
    [InlineData("VCS", "https://example.com/demo.git", "\"ref\": \"v1\", \"platforms\": [\"linux/amd64\"]")]
    public void A_packaged_connector_needs_no_command(string source, string uri, string rest)
    {
        var manifest = Read(source, uri, rest);
        Assert.True(manifest is { IsPackage: true, IsProgram: false, Command: null });
        Assert.Equal(rest.Contains("configuration"), JsonSerializer.Serialize(manifest, PlatformJson.Options).Contains("configuration"));
    }

    [Theory]
    [InlineData("Local", "/a", "\"command\": \"./a\"", "command", "not_for_packages")]
    [InlineData("Local", "/a", "\"auto_mtls\": true", "auto_mtls", "not_for_packages")]
    [InlineData("Local", "/a", "\"described_by\": \"a\"", "described_by", "only_for_services")]
    [InlineData("Local", "/a", "\"configuration\": \"/a\"", "configuration", "only_for_image")]
    [InlineData("Image", "a", "\"configuration\": \"a\"", "configuration", "invalid_place")]
    [InlineData("Image", "a", "\"configuration\": \"/a/../b\"", "configuration", "invalid_place")]
    [InlineData("Image", "a", "\"install_command\": \"make\"", "install_command", "nothing_to_build")]
    [InlineData("Image", "a", "\"update_command\": \"make\"", "update_command", "nothing_to_build")]
    [InlineData("Image", "A", "", "uri", "invalid_uri")]
    [InlineData("Server", "http://a.example", "", "source", "only_for_services")]
    [InlineData("Image", "a", "\"env\": {\"HASURA_CONNECTOR_PORT\": \"1\"}", "env.HASURA_CONNECTOR_PORT", "reserved_name")]
    [InlineData("Image", "a", "\"env\": {\"OTEL_EXPORTER_OTLP_ENDPOINT\": \"a\"}", "env.OTEL_EXPORTER_OTLP_ENDPOINT", "reserved_name")]
    public void A_fault_is_named_by_field_and_code(string source, string uri, string rest, string field, string code) =>
        Assert.Equal([(field, code)], Errors(() => Read(source, uri, rest)));

    [Theory]
    [InlineData("oms")]
    [InlineData("platform")]
    public void Its_configuration_is_for_packages_alone(string protocol) => Assert.Contains(
        ("configuration", "only_for_packages"), Errors(() => Read("Local", "/a", "\"configuration\": \"/a\"" + (protocol == "oms" ? "" : ", \"command\": \"./a\""), protocol)));

    [Theory]
    [InlineData("""{"version": "v1.2.3", "uri": "https://example.com/a.tgz", "checksum": {"type": "sha256", "value": "D"}, "source": {"hash": "abc"}, "test": {"test_config_path": "../../tests/a.json"}}""", "v1.2.3")]
    [InlineData("""{"checksum": {"value": "D", "type": "sha256", "by": "hub"}, "uri": "http://example.com/package.tar.gz", "version": "v10.0.0-rc.1+build.5", "more": [1]}""", "v10.0.0-rc.1+build.5")]
    public void A_hubs_document_is_a_manifest_pinned_to_its_checksum(string document, string version)
    {
        var digest = new string('a', 32) + new string('B', 32);
        var manifest = Packaging(document.Replace("\"D\"", $"\"{digest}\""), "demo");
        Assert.Equal(("demo", "HTTP", Manifest.PackageProtocol, version, digest.ToLowerInvariant()), (manifest.Name, manifest.Source, manifest.Protocol, manifest.Version, manifest.Sha256));
    }

    [Theory]
    [InlineData("version", "1.2.3", "version", "invalid_version")]
    [InlineData("version", "v1.2", "version", "invalid_version")]
    [InlineData("version", "v01.2.3", "version", "invalid_version")]
    [InlineData("version", "latest", "version", "invalid_version")]
    [InlineData("version", "", "version", "required")]
    [InlineData("uri", "", "uri", "required")]
    [InlineData("uri", "https://u:p@example.com/a.tgz", "uri", "invalid_uri")]
    [InlineData("uri", "file:///a.tgz", "uri", "invalid_uri")]
    [InlineData("type", "md5", "checksum.type", "unsupported_checksum")]
    [InlineData("type", "SHA256", "checksum.type", "unsupported_checksum")]
    [InlineData("type", "", "checksum.type", "required")]
    [InlineData("value", "0123", "checksum.value", "invalid_sha256")]
    [InlineData("value", "", "checksum.value", "required")]
    [InlineData("name", "", "name", "required")]
    [InlineData("name", "Not A Name", "name", "invalid_name")]
    public void A_fault_of_a_hubs_document_is_named_too(string what, string value, string field, string code)
    {
        string Of(string name, string good) => what == name ? value : good;
        var document = $$"""
            {"version": "{{Of("version", "v1.2.3")}}", "uri": "{{Of("uri", "https://example.com/a.tgz")}}",
             "checksum": {"type": "{{Of("type", "sha256")}}", "value": "{{Of("value", new string('0', 64))}}"} }
            """;
        Assert.Equal([(field, code)], Errors(() => Packaging(document, Of("name", "demo"))));
    }

    [Fact]
    public void Every_error_of_it_is_reported_at_once() => Assert.Equal(
        [("version", "invalid_version"), ("uri", "required"), ("checksum", "wrong_type"), ("name", "required")],
        Errors(() => Packaging("""{"version": "1", "checksum": "sha256:00"}""", null)).Order(Comparer<(string Field, string)>.Create((a, b) => Order(a.Field) - Order(b.Field))));

    [Theory]
    [InlineData("https://example.com/registry/hub/ndc-demo/releases/v1.2.3/connector-packaging.json", "ndc-demo")]
    [InlineData("https://example.com/r/Hub/Demo/releases/v1/connector-packaging.json?x=1", "demo")]
    [InlineData("https://example.com/connector-packaging.json", null)]
    public void Its_name_follows_from_where_it_is(string url, string? name) => Assert.Equal(name, ConnectorPackaging.NameIn(url));

    private static int Order(string field) => Array.IndexOf(["version", "uri", "checksum", "name"], field);

    private static Manifest Read(string source, string uri, string rest, string protocol = "ndc")
    {
        using var json = JsonDocument.Parse($$"""{"name": "a", "source": "{{source}}", "uri": "{{uri}}", "protocol": "{{protocol}}"{{(rest == "" ? "" : ", " + rest)}}}""");
        return ManifestReader.Read(json.RootElement, null);
    }

    private static Manifest Packaging(string document, string? name)
    {
        using var json = JsonDocument.Parse(document);
        Assert.True(ConnectorPackaging.Is(json.RootElement));
        return ConnectorPackaging.Read(json.RootElement, name);
    }

    private static (string, string)[] Errors(Action read) => [.. Assert.Throws<ProblemException>(read).Problem.Errors!.Select(e => (e.Field, e.Code))];
}
