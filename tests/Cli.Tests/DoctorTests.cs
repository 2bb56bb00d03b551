using Platform.Cli.Local;

namespace Platform.Cli.Tests;

/// <summary>A platform of this machine whose processes run, and whose gateway may not.</summary>
public sealed class DoctorTests
{
    private const string Nobody = "http://127.0.0.1:1";

    [Fact]
    public async Task A_gateway_that_has_ended_under_a_platform_that_runs_is_a_failure_with_the_way_out()
    {
        using var cli = new Cli(Nobody);
        Runs(cli, Nobody);

        var answer = await cli.RunAsync("doctor", "--data", "kept");

        var data = Path.Combine(cli.Folder.FullName, "kept");
        Assert.Equal(1, answer.ExitCode);
        Assert.Contains($"failed\tport\tgateway_gone\tA platform runs on this data (process {Environment.ProcessId}), and its gateway {Nobody} does not answer.", answer.Output, StringComparison.Ordinal);
        Assert.Contains($"error gateway_gone: port: A platform runs on this data (process {Environment.ProcessId}), and its gateway {Nobody} does not answer.\n  to do: Unless it is just starting: ./platform down --data {data}, then ./platform up --data {data}", answer.Errors, StringComparison.Ordinal);
        Assert.Contains("failed\tgateway\tnot_reachable\t", answer.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Start it with", answer.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Commands_that_go_elsewhere_change_nothing_of_that()
    {
        await using var stub = (await StubGateway.StartAsync()).On("GET /alive", "{}");
        using var cli = new Cli(stub.Url);
        Runs(cli, Nobody);

        var answer = await cli.RunAsync("doctor", "--data", "kept");

        Assert.Contains("failed\tport\tgateway_gone\t", answer.Output, StringComparison.Ordinal);
        Assert.Contains("ok\tgateway\tok\t", answer.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_answers_is_well()
    {
        await using var stub = (await StubGateway.StartAsync()).On("GET /alive", "{}");
        using var cli = new Cli(Nobody);
        Runs(cli, stub.Url);

        Assert.Contains($"ok\tport\tok\tA platform runs on this data: {stub.Url}", (await cli.RunAsync("doctor", "--data", "kept")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_command_tells_the_same_way_out()
    {
        using var cli = new Cli(Nobody);
        // As root the data folder is elsewhere where others can't pass.
        cli.Folder.UnixFileMode |= UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        Runs(cli, Nobody, "data");

        var answer = await cli.RunAsync("status");

        Assert.Equal(4, answer.ExitCode);
        Assert.StartsWith($"error not_reachable: {Nobody} is not reachable: ", answer.Errors, StringComparison.Ordinal);
        Assert.Contains("\n  to do: Unless it is just starting: ./platform down, then ./platform up", answer.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("'gateway' exited with code 137", "'gateway' exited with code 137. Nothing answers at http://127.0.0.1:5080 until the platform is started again; what was committed is kept.")]
    [InlineData("'runner' exited with code 1", "'runner' exited with code 1. Its routes answer service_unavailable until the platform is started again; what was committed is kept.")]
    public void What_an_ended_service_means_is_told_as_it_is(string news, string told) => Assert.Equal(told, Up.Meaning(news, "http://127.0.0.1:5080"));

    // This process stands for the one that has started it.
    private static void Runs(Cli cli, string url, string data = "kept")
    {
        var folder = cli.Folder.CreateSubdirectory(data).FullName;
        new PlatformState(ProcessIdentity.Current, ProcessIdentity.Current, url).Save(folder);
    }
}
