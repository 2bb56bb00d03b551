using System.Text;
using System.Text.Json;
using Platform.Contracts;
using Platform.Registry.Json;
using Platform.Registry.Manifests;
using Platform.ServiceDefaults;

namespace Platform.Registry.Tests;

/// <summary>The optional additions: version, sha256, env, limits, platforms.</summary>
public sealed class ManifestNeedsTests
{
    [Fact]
    public void All_additions_are_read_and_kept()
    {
        var manifest = Read("HTTP", $$"""
            "subdir": "bin", "version": "1.2.0-rc.1", "sha256": "{{new string('A', 64)}}", "env": {"LOG_LEVEL": "debug", "_x": ""},
            "limits": {"memory_mb": 16, "processes": 8, "start_seconds": 3600}, "platforms": ["linux/amd64", "linux/arm64"]
            """);

        Assert.Equal(("bin", "1.2.0-rc.1", new string('a', 64)), (manifest.Subdir, manifest.Version, manifest.Sha256));
        Assert.Equal(new Dictionary<string, string> { ["LOG_LEVEL"] = "debug", ["_x"] = "" }, manifest.Env);
        Assert.Equal(new ManifestLimits(16, 8, 3600), manifest.Limits);
        Assert.Equal(["linux/amd64", "linux/arm64"], manifest.Platforms!);
        var kept = JsonSerializer.Serialize(manifest, PlatformJson.Options);
        Assert.Equal(kept, JsonSerializer.Serialize(JsonSerializer.Deserialize<Manifest>(kept, PlatformJson.Options), PlatformJson.Options));
    }

    [Fact]
    public void What_is_not_said_is_not_kept_either()
    {
        var kept = JsonSerializer.Serialize(Read("Local", "\"env\": null, \"limits\": {}"), PlatformJson.Options);
        Assert.All(["version", "sha256", "env", "platforms", "memory_mb"], field => Assert.DoesNotContain(field, kept));
    }

    [Theory]
    [InlineData("Local", "\"sha256\": \"0000000000000000000000000000000000000000000000000000000000000000\"", "sha256", "only_for_http")]
    [InlineData("HTTP", "\"sha256\": \"000000000000000000000000000000000000000000000000000000000000000\"", "sha256", "invalid_sha256")]
    [InlineData("HTTP", "\"sha256\": \"000000000000000000000000000000000000000000000000000000000000000g\"", "sha256", "invalid_sha256")]
    [InlineData("HTTP", "\"subdir\": \"../x\"", "subdir", "invalid_subdir")]
    [InlineData("Local", "\"version\": \"01234567890123456789012345678901234567890123456789012345678901234\"", "version", "too_long")]
    [InlineData("Local", "\"version\": 2", "version", "wrong_type")]
    [InlineData("Local", "\"env\": []", "env", "wrong_type")]
    [InlineData("Local", "\"env\": {\"A\": 1}", "env.A", "wrong_type")]
    [InlineData("Local", "\"env\": {\"A\": null}", "env.A", "wrong_type")]
    [InlineData("Local", "\"env\": {\"A\": \"1\", \"A\": \"2\"}", "env.A", "duplicate_field")]
    [InlineData("Local", "\"env\": {\"A\": \"\\u0000\"}", "env.A", "invalid_character")]
    [InlineData("Local", "\"env\": {\"\": \"\"}", "env.", "invalid_name")]
    [InlineData("Local", "\"env\": {\"1A\": \"\"}", "env.1A", "invalid_name")]
    [InlineData("Local", "\"env\": {\"A=B\": \"\"}", "env.A=B", "invalid_name")]
    [InlineData("Local", "\"env\": {\"PATH\": \"\"}", "env.PATH", "reserved_name")]
    [InlineData("Local", "\"env\": {\"HOME\": \"\"}", "env.HOME", "reserved_name")]
    [InlineData("Local", "\"env\": {\"TMPDIR\": \"\"}", "env.TMPDIR", "reserved_name")]
    [InlineData("Local", "\"env\": {\"LANG\": \"\"}", "env.LANG", "reserved_name")]
    [InlineData("Local", "\"env\": {\"DOTNET_ROOT\": \"\"}", "env.DOTNET_ROOT", "reserved_name")]
    [InlineData("Local", "\"env\": {\"PYTHONDONTWRITEBYTECODE\": \"\"}", "env.PYTHONDONTWRITEBYTECODE", "reserved_name")]
    [InlineData("Local", "\"env\": {\"BASIC_PLUGIN\": \"\"}", "env.BASIC_PLUGIN", "reserved_name")]
    [InlineData("Local", "\"env\": {\"PLATFORM_RUN_FOLDER\": \"\"}", "env.PLATFORM_RUN_FOLDER", "reserved_name")]
    [InlineData("Local", "\"env\": {\"PLUGIN_CLIENT_CERT\": \"\"}", "env.PLUGIN_CLIENT_CERT", "reserved_name")]
    [InlineData("Local", "\"env\": {\"LD_PRELOAD\": \"\"}", "env.LD_PRELOAD", "reserved_name")]
    [InlineData("Local", "\"limits\": 7", "limits", "wrong_type")]
    [InlineData("Local", "\"limits\": {\"memory\": 7}", "limits.memory", "unknown_field")]
    [InlineData("Local", "\"limits\": {\"memory_mb\": 15}", "limits.memory_mb", "out_of_range")]
    [InlineData("Local", "\"limits\": {\"memory_mb\": 1048577}", "limits.memory_mb", "out_of_range")]
    [InlineData("Local", "\"limits\": {\"memory_mb\": 1.5}", "limits.memory_mb", "wrong_type")]
    [InlineData("Local", "\"limits\": {\"memory_mb\": 1e99}", "limits.memory_mb", "wrong_type")]
    [InlineData("Local", "\"limits\": {\"processes\": 7}", "limits.processes", "out_of_range")]
    [InlineData("Local", "\"limits\": {\"start_seconds\": 0}", "limits.start_seconds", "out_of_range")]
    [InlineData("Local", "\"limits\": {\"start_seconds\": 3601}", "limits.start_seconds", "out_of_range")]
    [InlineData("Local", "\"platforms\": \"linux/amd64\"", "platforms", "wrong_type")]
    [InlineData("Local", "\"platforms\": [7]", "platforms", "wrong_type")]
    [InlineData("Local", "\"platforms\": []", "platforms", "wrong_count")]
    [InlineData("Local", "\"platforms\": [\"linux\"]", "platforms", "invalid_platform")]
    [InlineData("Local", "\"platforms\": [\"Linux/amd64\"]", "platforms", "invalid_platform")]
    public void A_fault_is_named_by_field_and_code(string source, string addition, string field, string code) =>
        Assert.Equal((field, code), Assert.Single(Errors(source, addition)));

    [Theory]
    [InlineData(64, 4096, "")]
    [InlineData(65, 4096, "env too_many")]
    [InlineData(1, 4097, "env.V0 too_long")]
    public void Variables_have_a_number_and_a_length(int count, int length, string fault)
    {
        var env = JsonSerializer.Serialize(Enumerable.Range(0, count).ToDictionary(i => $"V{i}", _ => new string('x', length)));
        var faults = fault == "" ? [] : Errors("Local", $"\"env\": {env}");
        Assert.Equal(fault, string.Join(", ", faults.Select(e => $"{e.Field} {e.Code}")));
        if (fault == "") Assert.Equal(count, Read("Local", $"\"env\": {env}").Env!.Count);
    }

    [Fact]
    public void Every_error_is_reported_at_once_and_none_repeats_a_value()
    {
        const string Value = "the-value-of-a-variable";
        var problem = Assert.Throws<ProblemException>(() => Read("VCS", $$"""
            "sha256": "x", "env": {"PATH": "{{Value}}", "B-": "{{Value}}", "C": 1}, "limits": {"memory_mb": 1, "cpu": 2}, "platforms": [], "version": []
            """)).Problem;

        Assert.Equal(
            ["env.B-", "env.C", "env.PATH", "limits.cpu", "limits.memory_mb", "platforms", "sha256", "sha256", "version"],
            problem.Errors!.Select(e => e.Field).Order(StringComparer.Ordinal));
        Assert.DoesNotContain(Value, JsonSerializer.Serialize(problem));
    }

    private static Manifest Read(string source, string additions)
    {
        var uri = source switch { "HTTP" => "https://example.com/a.zip", "VCS" => "https://example.com/a.git", _ => "/srv/a" };
        using var json = JsonText.Parse(Encoding.UTF8.GetBytes(
            $$"""{"name": "a", "source": "{{source}}", "uri": "{{uri}}", "command": "./a", {{additions}}}"""), "The body");
        return ManifestReader.Read(json.RootElement, null);
    }

    private static (string Field, string Code)[] Errors(string source, string additions) =>
        [.. Assert.Throws<ProblemException>(() => Read(source, additions)).Problem.Errors!.Select(e => (e.Field, e.Code))];
}
