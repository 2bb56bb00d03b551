using System.Diagnostics;
using System.Globalization;
using Platform.Cli.Local;

namespace Platform.Cli.Tests;

public sealed class UpTests
{
    [Fact]
    public async Task A_port_that_belongs_to_another_program_is_named_with_the_way_to_another()
    {
        await using var stub = await StubGateway.StartAsync();
        using var cli = new Cli(stub.Url);

        var answer = await cli.RunAsync("up", "--port", stub.Port.ToString(CultureInfo.InvariantCulture), "--data", "data");

        Assert.Equal(6, answer.ExitCode);
        Assert.StartsWith($"error port_taken: Port {stub.Port} on this machine belongs to another program.", answer.Errors, StringComparison.Ordinal);
        Assert.Contains("--port", answer.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gateway_of_another_checkout_on_the_port_is_recognised()
    {
        await using var stub = (await StubGateway.StartAsync()).On("GET /v1/", context =>
        {
            context.Response.StatusCode = 401;
            context.Response.Headers.WWWAuthenticate = "Bearer realm=\"platform\"";
            return Task.CompletedTask;
        });
        using var cli = new Cli(stub.Url);

        var answer = await cli.RunAsync("up", "--port", stub.Port.ToString(CultureInfo.InvariantCulture), "--data", "data");

        Assert.Equal(6, answer.ExitCode);
        Assert.StartsWith("error already_running: A platform from another folder or user runs already", answer.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_platform_that_holds_the_data_folder_is_named_with_process_and_address()
    {
        using var cli = new Cli("http://127.0.0.1:1");
        cli.Write("data/platform.json", """{"owner":{"pid":4711,"started_at":1},"app_host":{"pid":4712,"started_at":1},"url":"http://127.0.0.1:5080"}""");
        await using var held = new FileStream(Path.Combine(cli.Folder.FullName, "data", "platform.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);

        var answer = await cli.RunAsync("up", "--data", "data");

        Assert.Equal(6, answer.ExitCode);
        Assert.StartsWith("error already_running: A platform runs already: process 4711, http://127.0.0.1:5080", answer.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--allow-outbound", "!!bad", "bad_host")]
    [InlineData("--allow-outbound", "10.0.0.0/99", "bad_host")]
    [InlineData("--catalog", "not there.json", "file_missing")]
    public async Task What_no_service_could_start_with_is_refused_before_anything_starts(string option, string value, string code)
    {
        using var cli = new Cli("http://127.0.0.1:1");

        var answer = await cli.RunAsync("up", "--data", "data", option, value);

        Assert.Equal(2, answer.ExitCode);
        Assert.StartsWith($"error {code}: {option}: ", answer.Errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(cli.Folder.FullName, "data")));
    }

    [Theory]
    [InlineData("up", "99999")]
    [InlineData("up", "0")]
    [InlineData("demo", "70000")]
    [InlineData("demo", "-1")]
    public async Task A_port_that_there_is_not_is_refused_before_anything_is_written(string command, string port)
    {
        using var cli = new Cli("http://127.0.0.1:1");
        var kept = await File.ReadAllTextAsync(cli.Config, TestContext.Current.CancellationToken);

        var answer = await cli.RunAsync(command, "--data", "data", "--port", port);

        Assert.Equal(new Answer(2, "", $"error bad_usage: --port is {port}: from 1 to 65535.\n  to do: platform {command} --help"), answer);
        Assert.Equal(kept, await File.ReadAllTextAsync(cli.Config, TestContext.Current.CancellationToken));
        Assert.False(Directory.Exists(Path.Combine(cli.Folder.FullName, "data")));
    }

    [Fact]
    public async Task Commands_go_on_to_where_they_went_when_the_start_fails()
    {
        using var cli = new Cli("http://127.0.0.1:1");
        var kept = await File.ReadAllTextAsync(cli.Config, TestContext.Current.CancellationToken);

        var answer = await cli.RunAsync("up", "--data", "data", "--port", LocalPlatform.FreePort().ToString(CultureInfo.InvariantCulture));

        Assert.StartsWith("error not_built: ", answer.Errors, StringComparison.Ordinal);
        Assert.Equal(kept, await File.ReadAllTextAsync(cli.Config, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("--local-root")]
    [InlineData("--readable")]
    public async Task A_folder_that_is_not_there_is_named_before_anything_starts(string option)
    {
        using var cli = new Cli("http://127.0.0.1:1");

        var answer = await cli.RunAsync("up", "--data", "data", option, "not there", option, cli.Folder.FullName);

        Assert.Equal(2, answer.ExitCode);
        Assert.StartsWith($"error folder_missing: {option}: there is no folder not there.", answer.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Down_ends_nothing_when_the_recorded_id_belongs_to_another_process_by_now()
    {
        using var bystander = Process.Start("sleep", ["60"])!;
        using var cli = new Cli("http://127.0.0.1:1");
        cli.Write("data/platform.json", $$"""{"owner":{"pid":{{bystander.Id}},"started_at":1},"app_host":{"pid":{{bystander.Id}},"started_at":1},"url":"x"}""");

        var answer = await cli.RunAsync("down", "--data", "data");

        Assert.Equal(0, answer.ExitCode);
        Assert.StartsWith("No platform runs on ", answer.Output, StringComparison.Ordinal);
        Assert.False(bystander.HasExited);
        bystander.Kill();
    }
}
