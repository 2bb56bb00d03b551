namespace Platform.Oms.Tests;

/// <summary>What is said of the service as a whole.</summary>
public sealed class ServiceTests
{
    private const string Action = "\nactions: {a: {http: {method: get, port: 80, path: /}}}";

    [Theory]
    [InlineData("lifecycle: {startup: {command: [node, a.js]}}", "node|a.js", null, 300, null)]
    [InlineData("lifecycle: {startup: {command: node a.js}, shutdown: {command: [stop], timeout: 5}}", "node|a.js", "stop", 5, null)]
    [InlineData("lifecycle: {startup: node a.js}", "node|a.js", null, 300, "old_shape")]
    [InlineData("lifecycle: {startup: {command: []}}", null, null, 300, "empty_command")]
    [InlineData("lifecycle: {startup: {}}", null, null, 300, "missing")]
    [InlineData("lifecycle: {shutdown: {timeout: 7}}", null, null, 7, null)]
    [InlineData("lifecycle: {shutdown: {timeout: -7}}", null, null, 300, "out_of_range")]
    [InlineData("lifecycle: {shutdown: {timeout: forever}}", null, null, 300, "out_of_range")]
    [InlineData("lifecycle: [a]", null, null, 300, "wrong_kind")]
    [InlineData("lifecycle:", null, null, 300, null)]
    public void A_lifecycle_has_commands(string yaml, string? startup, string? shutdown, int seconds, string? warning)
    {
        var service = Sample.Of(yaml + Action);

        Assert.Equal((startup, shutdown, seconds), (Line(service.Lifecycle.Startup), Line(service.Lifecycle.Shutdown), service.Lifecycle.ShutdownSeconds));
        Assert.Equal(warning is null ? [] : [warning], Sample.Codes(service));
        static string? Line(IReadOnlyList<string>? argv) => argv is null ? null : string.Join('|', argv);
    }

    [Theory]
    [InlineData("health: {http: {port: 81, path: /h}}", 81, "/h", null)]
    [InlineData("health: {http: {path: h}}", 80, "/h", "missing_port,relative_path")]
    [InlineData("health: {http: {port: 81}}", 81, "/", null)]
    [InlineData("health: {port: 81, path: /h}", 81, "/h", "old_shape")]
    [InlineData("health: {http: {port: 81, path: /, method: post}}", 81, "/", "not_supported")]
    [InlineData("health: {}", null, null, "missing")]
    [InlineData("health: 5", null, null, "wrong_kind")]
    [InlineData("health: {http: {port: x, path: /}}", null, null, "out_of_range")]
    public void Health_is_asked_at_a_port_and_a_path(string yaml, int? port, string? path, string? warnings)
    {
        var service = Sample.Of(yaml + Action);

        Assert.Equal((port, path), (service.Health?.Port, service.Health?.Path));
        Assert.Equal(warnings?.Split(',') ?? [], Sample.Codes(service));
    }

    [Theory]
    [InlineData("A: {type: int, required: true, help: h, sensitive: true, deprecated: true, pattern: '^1'}", "A int True  ^1 True True h", null)]
    [InlineData("A: {type: string, default: 10}", "A string False 10  False False ", null)]
    [InlineData("A:", "A string False   False False ", "missing_type")]
    [InlineData("a: {help: h}", "a string False   False False h", "missing_type")]
    [InlineData("A: boolean", "A boolean False   False False ", "old_shape")]
    [InlineData("A: 8080", "A string False 8080  False False ", "old_shape")]
    [InlineData("A: {type: int, required: true, default: 5}", "A int False 5  False False ", "required_with_default")]
    [InlineData("A: {type: map}", "A string False   False False ", "unknown_type")]
    [InlineData("A: [x]", "A string False   False False ", "wrong_kind")]
    [InlineData("{one: {type: string}, ONE: {type: int}}", "ONE int False   False False ", "duplicate_variable")]
    [InlineData("[A]", "A string False   False False ", "old_shape,missing_type")]
    public void A_variable_has_a_type(string yaml, string variable, string? warnings)
    {
        var service = Sample.Of($"environment:\n  {yaml}{Action}");

        var v = Assert.Single(service.Environment);
        Assert.Equal(variable, $"{v.Name} {v.Type} {v.Required} {v.Default} {v.Pattern} {v.Sensitive} {v.Deprecated} {v.Help}");
        Assert.Equal(warnings?.Split(',') ?? [], Sample.Codes(service));
    }

    [Fact]
    public void Volumes_and_forwards_are_read_whatever_they_are_called()
    {
        var service = Sample.Of(
            "volumes: {db: {target: /db, persist: true}, log: /var/log, bad: {target: ../x}, root: {target: /}}\n"
            + "expose: {web: {help: h, http: {port: 82, path: /w}}, old: {port: 83}, no: {path: /}}" + Action);

        Assert.Equal([new("db", "/db", true), new OmsVolume("log", "/var/log", false)], service.Volumes);
        Assert.Equal([new("web", 82, "/w", "h"), new OmsForward("old", 83, "/", "")], service.Forwards);
        Assert.Equal(["bad_target", "bad_target", "missing", "old_name", "old_shape"], Sample.Codes(service).Order());
    }

    [Fact]
    public void What_is_missing_is_told_and_nothing_fails()
    {
        var service = Sample.Read("x: 1\n");

        Assert.Equal(["1:1 missing oms", "1:1 missing info", "1:1 missing actions", "1:1 unknown_key x"], Sample.Told(service).OrderBy(w => w.Contains('x')).ThenBy(w => w.Contains("actions")));
        Assert.Empty(service.Actions);
    }

    [Theory]
    [InlineData("oms: 1", null)]
    [InlineData("omg: 1", null)]
    [InlineData("oms: '1.0'", null)]
    [InlineData("oms: 7", "unknown_version")]
    [InlineData("oms: 1\nomg: 1", "unknown_key")]
    public void The_version_may_have_its_old_name(string version, string? warning) =>
        Assert.Equal(warning is null ? [] : [warning], Sample.Codes(Sample.Read($"{version}\ninfo: {{title: t, version: v, description: d}}{Action}")));

    [Theory]
    [InlineData("environmentr: {A: {type: int}}", "misspelled_key", 1)]
    [InlineData("environment_variables: {A: {type: int}}", "unknown_key", 0)]
    [InlineData("env: {A: {type: int}}", "old_name", 1)]
    [InlineData("Environment: {A: {type: int}}", "misspelled_key", 1)]
    [InlineData("metrics: {port: 1}", "not_supported", 0)]
    [InlineData("x-anything: 1", null, 0)]
    public void One_slip_in_a_key_is_forgiven_with_a_warning(string yaml, string? warning, int variables)
    {
        var service = Sample.Of(yaml + Action);

        Assert.Equal(warning is null ? [] : [warning], Sample.Codes(service));
        Assert.Equal(variables, service.Environment.Count);
    }

    [Fact]
    public void A_key_that_nobody_knows_is_told_with_its_place_and_what_may_be_meant()
    {
        var warning = Assert.Single(Sample.WithAction("http: {method: get, port: 80, path: /}\nargumenets_: {}\n").Warnings);

        Assert.Equal(new OmsWarning(6, 5, "unknown_key", "actions.a.argumenets_", "An action has no key argumenets_; it is left out. Is arguments meant?"), warning);
    }

    [Theory]
    [InlineData("actions: text", "wrong_kind")]
    [InlineData("actions: [a]", "old_shape,unusable_action")]
    [InlineData("actions: {help: just words}", "not_an_action")]
    [InlineData("actions: {a: [x]}", "not_an_action")]
    [InlineData("actions: {a: }", "unusable_action")]
    public void Actions_of_the_wrong_kind_are_told(string yaml, string warnings) => Assert.Equal(warnings.Split(','), Sample.Codes(Sample.Of(yaml)));
}
