using System.Text;
using System.Text.Json;
using Platform.Contracts;
using Platform.Registry.Json;
using Platform.Registry.Manifests;
using Platform.ServiceDefaults;

namespace Platform.Registry.Tests;

public sealed class ManifestTests
{
    // As c1's documentation prints it: the comma after the description is missing.
    private const string Printed = """
        {
          "name": "s3",
          "description": "A simple connector for S3"
          "source": "VCS",
          "uri": "https://github.com/pidanou/c1-core",
          "install_command": "go build -o s3 pkg/connector/s3/s3.go && chmod +x s3",
          "update_command": "",
          "command": "./s3/s3"
        }
        """;

    private static readonly string Corrected = Printed.Replace("S3\"\n", "S3\",\n");

    [Fact]
    public void The_printed_sample_is_refused_with_the_line_and_byte_of_the_missing_comma()
    {
        var problem = Assert.Throws<ProblemException>(() => Read(Printed)).Problem;
        Assert.Equal(("malformed_json", 400), (problem.Code, problem.Status));
        Assert.Contains("line 4, byte 2", problem.Detail);
        Assert.DoesNotContain("pidanou", problem.Detail);
    }

    [Fact]
    public void The_corrected_sample_is_read_whole() =>
        Assert.Equal(
            new Manifest("s3", "A simple connector for S3", "VCS", "https://github.com/pidanou/c1-core",
                "go build -o s3 pkg/connector/s3/s3.go && chmod +x s3", "", "./s3/s3"),
            Read(Corrected));

    [Fact]
    public void A_given_name_replaces_the_manifests_own() => Assert.Equal("mine", Read(Corrected, "mine").Name);

    [Fact]
    public void A_given_name_is_checked_like_any_other() =>
        Assert.Equal([("name", "invalid_name")], Errors(Corrected, "../x"));

    [Fact]
    public void Every_error_is_reported_at_once_with_its_field() =>
        Assert.Equal(
            [("colour", "unknown_field"), ("description", "wrong_type"), ("uri", "required"), ("command", "required"),
                ("name", "invalid_name"), ("source", "unknown_source"), ("protocol", "unsupported_protocol")],
            Errors("""{"name": "S 3", "source": "FTP", "uri": "  ", "description": 7, "colour": "red", "protocol": "conduit"}"""));

    [Fact]
    public void An_unknown_source_is_answered_with_those_that_exist()
    {
        var problem = Assert.Throws<ProblemException>(() => Read(Corrected.Replace("VCS", "git"))).Problem;
        Assert.Contains("HTTP, VCS, Local, Image, Server", Assert.Single(problem.Errors!).Message);
    }

    [Theory]
    [InlineData("""{"name": "a", "name": "b", "source": "Local", "uri": "/a", "command": "b"}""", "name", "duplicate_field")]
    [InlineData("""{"name": "a", "source": "Local", "uri": "/a", "command": "a\u0000b"}""", "command", "invalid_character")]
    [InlineData("""{"name": "a", "source": "Local", "uri": "/a", "command": "b", "ref": "main"}""", "ref", "only_for_vcs")]
    [InlineData("""{"name": "a", "source": "Local", "uri": "/a", "command": "b", "subdir": "x"}""", "subdir", "not_for_local")]
    [InlineData("""{"name": "a", "source": "VCS", "uri": "h:p", "command": "b", "ref": "--upload-pack=x"}""", "ref", "invalid_ref")]
    [InlineData("""{"name": "a", "source": "VCS", "uri": "h:p", "command": "b", "subdir": "/etc"}""", "subdir", "invalid_subdir")]
    [InlineData("""{"name": "a", "source": "VCS", "uri": "h:p", "command": "b", "subdir": "a/../.."}""", "subdir", "invalid_subdir")]
    [InlineData("""{"name": "a", "source": "Local", "uri": "/a", "command": "b", "auto_mtls": "yes"}""", "auto_mtls", "wrong_type")]
    [InlineData("[]", "", "wrong_type")]
    public void A_fault_is_named_by_field_and_code(string json, string field, string code) => Assert.Equal([(field, code)], Errors(json));

    [Theory]
    [InlineData("true", true)]
    [InlineData("false", false)]
    [InlineData("null", null)]
    public void Auto_mtls_is_true_false_or_not_said(string text, bool? read)
    {
        var manifest = Read($$"""{"name": "a", "source": "Local", "uri": "/a", "command": "b", "auto_mtls": {{text}}}""");

        Assert.Equal(read, manifest.AutoMtls);
        var kept = JsonSerializer.Serialize(manifest, PlatformJson.Options);
        Assert.Equal(manifest, JsonSerializer.Deserialize<Manifest>(kept, PlatformJson.Options));
        // As the manifests of older versions: the same source must stay the same version.
        Assert.Equal(read is not null, kept.Contains("auto_mtls", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Local", "/srv/connectors/a b")]
    [InlineData("HTTP", "https://example.com/a.tar.gz")]
    [InlineData("VCS", "https://example.com/a.git")]
    [InlineData("VCS", "ssh://git@example.com:2222/a.git")]
    [InlineData("VCS", "file:///srv/a.git")]
    [InlineData("VCS", "git@example.com:team/a.git")]
    public void A_source_is_accepted_with_a_uri_of_its_kind(string source, string uri) => Assert.Null(SourceUri.Fault(source, uri));

    [Theory]
    [InlineData("Local", "connectors/a")]
    [InlineData("Local", "file:///srv/a")]
    [InlineData("HTTP", "ftp://example.com/a")]
    [InlineData("HTTP", "/srv/a")]
    [InlineData("HTTP", "https://user:secret@example.com/a")]
    [InlineData("VCS", "--upload-pack=touch /tmp/x")]
    [InlineData("VCS", "ext::sh -c touch%20/tmp/x")]
    [InlineData("VCS", "ext::sh")]
    [InlineData("VCS", "git://example.com/a")]
    [InlineData("VCS", "http://example.com/a")]
    [InlineData("VCS", "https://token@example.com/a")]
    [InlineData("VCS", "ssh://-oProxyCommand=x/a")]
    [InlineData("VCS", "ssh://git:secret@example.com/a")]
    [InlineData("VCS", "file://other/srv/a")]
    [InlineData("VCS", "-oProxyCommand=x:a")]
    [InlineData("VCS", "git@-oProxyCommand=x:a")]
    [InlineData("VCS", "example.com/a")]
    [InlineData("VCS", "git@example.com:a\nb")]
    public void A_source_is_refused_with_a_uri_of_another_kind(string source, string uri) => Assert.NotNull(SourceUri.Fault(source, uri));

    [Theory]
    [InlineData("", "line 1, byte 0")]
    [InlineData("{\"a\":\n  tru", "line 2, byte")]
    [InlineData("{\"a\":\n \"\\ud800\"}", "line 2, byte 1")]
    public void Unreadable_JSON_is_refused_with_its_position(string json, string position)
    {
        var problem = Assert.Throws<ProblemException>(() => Read(json)).Problem;
        Assert.Equal("malformed_json", problem.Code);
        Assert.Contains(position, problem.Detail);
    }

    [Fact]
    public void Invalid_UTF8_is_refused_with_its_position()
    {
        var problem = Assert.Throws<ProblemException>(() => JsonText.Parse(new byte[] { (byte)'{', (byte)'\n', (byte)'"', 0xff }, "The body")).Problem;
        Assert.Contains("line 2, byte 1", problem.Detail);
    }

    [Theory]
    [InlineData(10, 10, true)]
    [InlineData(11, 10, false)]
    [InlineData(200_000, 100_000, false)]
    public async Task A_body_is_read_up_to_its_limit(int size, int limit, bool whole)
    {
        using var stream = new MemoryStream(new byte[size]);
        var body = await LimitedBody.ReadAsync(stream, limit, TestContext.Current.CancellationToken);
        Assert.Equal(whole ? size : null, body?.Length);
        Assert.True(stream.Position <= limit + 1, "read past the limit");
    }

    private static Manifest Read(string json, string? name = null)
    {
        using var document = JsonText.Parse(Encoding.UTF8.GetBytes(json), "The body");
        return ManifestReader.Read(document.RootElement, name);
    }

    private static (string, string)[] Errors(string json, string? name = null) =>
        [.. Assert.Throws<ProblemException>(() => Read(json, name)).Problem.Errors!.Select(e => (e.Field, e.Code))];
}
