using System.Text.Json;

namespace Platform.Cli.Tests;

/// <summary><c>image validate</c>, <c>image update</c> and <c>image upgrade</c>: what is sent, what is said, and the exit code.</summary>
public sealed class PackageCommandTests
{
    private const string Valid = """{"valid":true,"ran":"command","ndc_version":"0.2.1","collections":2,"functions":1,"procedures":0,"problems":[],"warnings":[{"code":"command_unusable","message":"It is left out."}]}""";
    private const string Unsound = """{"valid":false,"ran":"image","ndc_version":"0.2.1","collections":1,"functions":0,"procedures":0,"problems":["The type X is not in the schema."],"warnings":[]}""";
    private const string Failed = """{"valid":false,"ran":"image","problems":[],"error":{"code":"package_command_failed","message":"It ended with exit code 3.","command":"docker run a","exit_code":3,"output_tail":"no file","remedy":"See."},"warnings":[]}""";
    private const string Changed = """{"succeeded":true,"changes":[{"path":"a/b","change":"added"},{"path":"c","change":"removed"}],"output":"one\ntwo","warnings":[]}""";

    [Theory]
    [InlineData(Valid, 0, "Valid: NDC 0.2.1, 2 collections, 1 functions, 0 procedures.", "warning command_unusable: It is left out.")]
    [InlineData(Unsound, 1, "The type X is not in the schema.\nNOT VALID: NDC 0.2.1, 1 collections, 0 functions, 0 procedures.", "")]
    [InlineData(Failed, 1, "", "error package_command_failed: It ended with exit code 3.\n  command: docker run a\n  exit code: 3\n  output: no file\n  to do: See.")]
    public async Task A_validation_is_told_and_its_exit_code_says_whether_all_is_well(string report, int exitCode, string output, string errors)
    {
        await using var stub = (await StubGateway.StartAsync()).On("POST /v1/images/validations", report);

        var answer = await Cli.RunAsync(stub.Url, "image", "validate", "things:1", "--config", "/srv/things", "--env", "A=b=c", "--env", "D=");
        Assert.Equal((exitCode, output, errors), (answer.ExitCode, answer.Output, answer.Errors));
        Assert.Equal("""{"image":"things:1","configuration":"/srv/things","env":{"A":"b=c","D":""}}""", stub.Requests.Single().Body);
        var json = await Cli.RunAsync(stub.Url, "image", "validate", "things:1", "--json");
        Assert.Equal((exitCode, ""), (json.ExitCode, json.Errors));
        Assert.True(JsonElement.DeepEquals(JsonElement.Parse(report), JsonElement.Parse(json.Output)));
    }

    [Fact]
    public async Task What_is_there_is_a_package_and_what_is_not_an_image()
    {
        await using var stub = (await StubGateway.StartAsync()).On("POST /v1/images/validations", Valid);
        using var cli = new Cli(stub.Url);
        cli.Write("things/a", "");
        cli.Write("package.tgz", "");

        foreach (var argument in (string[])["things", "package.tgz", "https://host/a.tgz?token=1", "image:things", "other"])
            Assert.Equal(0, (await cli.RunAsync("image", "validate", argument)).ExitCode);
        var folder = cli.Folder.FullName;
        Assert.Equal(
            ["""{"package":"FOLDER/things","env":{}}""", """{"package":"FOLDER/package.tgz","env":{}}""", """{"package":"https://host/a.tgz?token=1","env":{}}""", """{"image":"things","env":{}}""", """{"image":"other","env":{}}"""],
            stub.Requests.Select(request => request.Body.Replace(folder, "FOLDER", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task An_update_and_an_upgrade_say_what_has_changed()
    {
        await using var stub = (await StubGateway.StartAsync()).On("POST /v1/images/configurations/updates", Changed).On("POST /v1/images/configurations/upgrades", Changed);
        using var cli = new Cli(stub.Url);
        const string told = "  one\n  two\nadded\ta/b\nremoved\tc\n2 files have changed.";

        Assert.Equal(new Answer(0, told, ""), await cli.RunAsync("image", "update", "mine", "--env", "PASSWORD=secret"));
        Assert.Equal(new Answer(0, told, ""), await cli.RunAsync("image", "upgrade", "mine", "next.tgz"));
        Assert.Equal(0, (await cli.RunAsync("image", "upgrade", "mine", "https://host/next.tgz", "--sha256", "ab")).ExitCode);
        var folder = cli.Folder.FullName;
        Assert.Equal(
            ["""{"folder":"FOLDER/mine","env":{"PASSWORD":"secret"}}""", """{"folder":"FOLDER/mine","package":"FOLDER/next.tgz","env":{}}""", """{"folder":"FOLDER/mine","package":"https://host/next.tgz","sha256":"ab","env":{}}"""],
            stub.Requests.Select(request => request.Body.Replace(folder, "FOLDER", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("""{"succeeded":true,"changes":[],"warnings":[{"code":"no_upgrade_command","message":"It has none.","remedy":"Look."}]}""", 200, 0, "Nothing has changed.", "warning no_upgrade_command: It has none.\n  to do: Look.")]
    [InlineData("""{"succeeded":false,"changes":[],"error":{"code":"package_command_failed","message":"It failed."},"warnings":[]}""", 200, 1, "", "error package_command_failed: It failed.")]
    [InlineData("""{"code":"folder_busy","status":409,"detail":"Another command is changing /a.","remedy":"Wait."}""", 409, 3, "", "error folder_busy: Another command is changing /a.\n  to do: Wait.")]
    public async Task What_did_not_come_about_is_told_too(string answered, int status, int exitCode, string output, string errors)
    {
        await using var stub = (await StubGateway.StartAsync()).On("POST /v1/images/configurations/upgrades", answered, status);
        Assert.Equal(new Answer(exitCode, output, errors), await Cli.RunAsync(stub.Url, "image", "upgrade", "/a", "/b"));
    }

    [Fact]
    public async Task A_variable_without_a_value_is_taken_from_here_or_refused()
    {
        await using var stub = (await StubGateway.StartAsync()).On("POST /v1/images/configurations/updates", Changed);
        var home = Environment.GetEnvironmentVariable("PATH");

        Assert.Equal(0, (await Cli.RunAsync(stub.Url, "image", "update", "/a", "--env", "PATH")).ExitCode);
        Assert.Equal(home, JsonElement.Parse(stub.Requests.Single().Body).GetProperty("env").GetProperty("PATH").GetString());
        var refused = await Cli.RunAsync(stub.Url, "image", "update", "/a", "--env", "NOT_SET_ANYWHERE");
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("--env NOT_SET_ANYWHERE has no value", refused.Errors, StringComparison.Ordinal);
    }
}
