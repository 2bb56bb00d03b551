using System.Text.Json;
using Platform.Contracts;
using Platform.Registry.Manifests;
using Platform.ServiceDefaults;

namespace Platform.Registry.Tests;

/// <summary>Manifests of services that a file describes.</summary>
public sealed class ServiceManifestTests
{
    [Theory]
    [InlineData("VCS", "https://example.com/greeter.git", "")]
    [InlineData("VCS", "https://example.com/greeter.git", "\"ref\": \"main\", \"subdir\": \"a\", \"described_by\": \"deploy/service.yml\", \"install_command\": \"make\"")]
    [InlineData("Local", "/srv/greeter", "\"env\": {\"A\": \"b\"}, \"limits\": {\"memory_mb\": 64}")]
    [InlineData("Image", "greeter", "")]
    [InlineData("Image", "greeter:1.2", "\"described_by\": \"/etc/oms.yml\"")]
    [InlineData("Image", "localhost:5000/team/greeter_2:v1@sha256:0123456789012345678901234567890123456789012345678901234567890123", "")]
    [InlineData("Image", "sha256:0123456789012345678901234567890123456789012345678901234567890123", "\"env\": {\"A\": \"b\"}")]
    [InlineData("Server", "https://greeter.example.com", "\"described_by\": \"https://greeter.example.com/oms.yml?token=x\"")]
    [InlineData("Server", "http://10.0.0.1:8080/", "\"described_by\": \"/srv/greeter/oms.yml\"")]
    public void A_described_service_needs_no_command(string source, string uri, string rest)
    {
        var manifest = Read(source, uri, rest);
        Assert.True(manifest is { IsService: true, Command: null });
        Assert.Equal(rest.Contains("described_by"), JsonSerializer.Serialize(manifest, PlatformJson.Options).Contains("described_by"));
    }

    [Theory]
    [InlineData("Local", "/a", "\"command\": \"./a\"", "command", "not_for_services")]
    [InlineData("Local", "/a", "\"command\": \"\"", "command", "not_for_services")]
    [InlineData("Local", "/a", "\"auto_mtls\": false", "auto_mtls", "not_for_services")]
    [InlineData("Local", "/a", "\"described_by\": \"../oms.yml\"", "described_by", "invalid_place")]
    [InlineData("Local", "/a", "\"described_by\": \"/a/oms.yml\"", "described_by", "invalid_place")]
    [InlineData("Image", "Greeter", "", "uri", "invalid_uri")]
    [InlineData("Image", "greeter: 1", "", "uri", "invalid_uri")]
    [InlineData("Image", "https://example.com/greeter", "", "uri", "invalid_uri")]
    [InlineData("Image", "--greeter", "", "uri", "invalid_uri")]
    [InlineData("Image", "greeter@sha256:12", "", "uri", "invalid_uri")]
    [InlineData("Image", "greeter", "\"described_by\": \"/a/../oms.yml\"", "described_by", "invalid_place")]
    [InlineData("Image", "greeter", "\"subdir\": \"a\"", "subdir", "no_folder")]
    [InlineData("Image", "greeter", "\"install_command\": \"make\"", "install_command", "nothing_to_build")]
    [InlineData("Server", "https://a.example", "", "described_by", "required")]
    [InlineData("Server", "https://a.example", "\"described_by\": \"oms.yml\"", "described_by", "invalid_place")]
    [InlineData("Server", "https://a.example", "\"described_by\": \"https://u:p@a.example/oms.yml\"", "described_by", "invalid_place")]
    [InlineData("Server", "https://a.example/api", "\"described_by\": \"/a\"", "uri", "invalid_uri")]
    [InlineData("Server", "https://a.example?x", "\"described_by\": \"/a\"", "uri", "invalid_uri")]
    [InlineData("Server", "grpc://a.example", "\"described_by\": \"/a\"", "uri", "invalid_uri")]
    [InlineData("Server", "https://a.example", "\"described_by\": \"/a\", \"env\": {}", "env", "nothing_to_start")]
    public void A_fault_is_named_by_field_and_code(string source, string uri, string rest, string field, string code) =>
        Assert.Equal([(field, code)], Errors(source, uri, rest));

    [Fact]
    public void Every_error_is_reported_at_once() => Assert.Equal(
        [("uri", "invalid_uri"), ("ref", "only_for_vcs"), ("command", "not_for_services"), ("update_command", "nothing_to_build"), ("limits", "nothing_to_start"), ("described_by", "required")],
        Errors("Server", "greeter", "\"ref\": \"main\", \"command\": \"./a\", \"update_command\": \"make\", \"limits\": {}"));

    [Theory]
    [InlineData("Image", "greeter")]
    [InlineData("Server", "https://a.example")]
    public void Images_and_servers_are_for_services_alone(string source, string uri) => Assert.Equal(
        [("source", "only_for_services"), ("described_by", "only_for_services")],
        Errors(source, uri, "\"command\": \"./a\", \"described_by\": \"/a\"", "platform"));

    private static Manifest Read(string source, string uri, string rest, string protocol = "oms")
    {
        using var json = JsonDocument.Parse($$"""{"name": "a", "source": "{{source}}", "uri": "{{uri}}", "protocol": "{{protocol}}"{{(rest == "" ? "" : ", " + rest)}}}""");
        return ManifestReader.Read(json.RootElement, null);
    }

    private static (string, string)[] Errors(string source, string uri, string rest, string protocol = "oms") =>
        [.. Assert.Throws<ProblemException>(() => Read(source, uri, rest, protocol)).Problem.Errors!.Select(e => (e.Field, e.Code))];
}
