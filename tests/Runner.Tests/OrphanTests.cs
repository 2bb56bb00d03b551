using System.Globalization;
using Platform.Runner.Tests.Proof;
using Platform.Servers;

namespace Platform.Runner.Tests;

/// <summary>However a connector resists, a cancelled run ends within five seconds and nothing of it is left; with every isolation, and with none.</summary>
public sealed class OrphanTests(ServersFixture servers, GoConnectors connectors) : RunnerTest(servers, connectors)
{
    private static readonly (string, string)[] Unisolated = [("Connectors__UseBubblewrap", "false"), ("Connectors__UseControlGroups", "false")];

    // Runners look every ten seconds.
    private static readonly TimeSpan LookLimit = TimeSpan.FromSeconds(30);

    // Seconds that nobody else sleeps.
    private readonly string word = $"4242.{Random.Shared.Next(100_000, 999_999)}".ToString(CultureInfo.InvariantCulture);

    [Theory]
    [Trait("Category", "Matrix")]
    [InlineData(true, "hang", "./crash-go linger")]
    [InlineData(true, "stand-still", "./crash-go")]
    [InlineData(true, "flood-for-ever", "./crash-go")]
    [InlineData(true, "escape-and-hang", "./crash-go")]
    [InlineData(false, "hang", "./crash-go linger")]
    [InlineData(false, "stand-still", "./crash-go")]
    [InlineData(false, "flood-for-ever", "./crash-go")]
    [InlineData(false, "escape-and-hang", "./crash-go")]
    public async Task A_cancelled_run_ends_within_five_seconds_and_leaves_nothing(bool isolated, string mode, string command)
    {
        await IsolateAsync(isolated);
        var orphans = new NoOrphans(temporary, word);
        var id = await StartAsync(mode, command);
        if (mode == "escape-and-hang")
            Assert.True(orphans.HasEscaped);

        await CancelAsync(id);

        await orphans.CheckAsync(CancelLimit);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_a_killed_runner_leaves_dies_with_it_or_is_removed_by_the_next(bool isolated)
    {
        await IsolateAsync(isolated);
        var orphans = new NoOrphans(temporary, word);
        await StartAsync("escape-and-hang", "./crash-go");
        Assert.True(orphans.HasEscaped);
        Assert.NotEmpty(orphans.Find());

        runner.Signal("KILL");
        await runner.WaitForExitAsync();
        runner = await StartAsync(("Runner__ConcurrentRuns", "1"), ("Runner__MaxAttempts", "1"));

        await orphans.CheckAsync(CancelLimit);
    }

    [Fact]
    public async Task What_a_killed_runner_leaves_is_removed_by_another_that_lives()
    {
        await IsolateAsync(false);
        var orphans = new NoOrphans(temporary, word);
        await StartAsync("escape-and-hang", "./crash-go");
        await using var other = await StartAsync(("Runner__ConcurrentRuns", "1"), ("Runner__MaxAttempts", "1"));
        Assert.NotEmpty(orphans.Find());

        runner.Signal("KILL");
        await runner.WaitForExitAsync();

        await orphans.CheckAsync(LookLimit);
    }

    private async Task IsolateAsync(bool isolated)
    {
        if (isolated)
            return;
        await runner.DisposeAsync();
        runner = await StartAsync(Unisolated);
    }

    private async Task<string> StartAsync(string mode, string command)
    {
        peers.Registry.Add("c", peers.Bundles.Add(Connectors.Crash), command, $$"""{"mode": "{{mode}}", "password": "{{word}}"}""");
        var id = Id(await runner.StartRunAsync("c"));
        await Wait.ForAsync("the first page", () => !peers.Ingest.Pages.IsEmpty, RunTimeout);
        return id;
    }
}
