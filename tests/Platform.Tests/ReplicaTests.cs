using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using Aspire.Hosting.Testing;
using Npgsql;

namespace Platform.Tests;

/// <summary>Two Runners share the runs. On a platform of its own: whoever kills a Runner breaks into everybody's runs.</summary>
public sealed class ReplicaTests
{
    private const int Connections = 6;
    private const int Pages = 400;
    private const int Objects = 5;
    private static readonly TimeSpan Ends = TimeSpan.FromSeconds(120);

    [Fact]
    [Trait("Category", "Matrix")]
    public async Task Two_runners_share_the_runs_and_those_of_a_killed_one_are_ended_by_the_other()
    {
        await using var platform = new TwoRunners();
        await platform.InitializeAsync();
        await platform.InstallSampleAsync("crash-go", "slow");
        List<JsonNode> runs = [];
        for (var i = 0; i < Connections; i++)
            await platform.Api.ConnectAsync($"slow-{i}", "slow", new JsonObject { ["mode"] = "no-clean", ["pages"] = Pages, ["objects"] = Objects });
        for (var i = 0; i < Connections; i++)
            runs.Add(await platform.Api.StartAsync($"slow-{i}"));
        await using var database = NpgsqlDataSource.Create((await platform.App.GetConnectionStringAsync("runner-db", TestContext.Current.CancellationToken))!);
        var runners = await Limits.UntilAsync("both runners to have runs that send", Limits.Run, async () =>
            await RunnersAsync(database) is { Count: 2 } both ? both : null);

        using (var victim = Process.GetProcessById(runners[0]))
            victim.Kill();

        var ends = await Task.WhenAll(runs.Select(run => EndAsync(platform, run)));
        Assert.All(ends, end => Assert.True((string?)end["state"] == "succeeded", end.ToJsonString()));
        Assert.Contains(ends, end => (int)end["attempt"]! == 2 && (string?)end["last_error"]!["code"] == "runner_lost");
        Assert.Contains(ends, end => (int)end["attempt"]! == 1);
        foreach (var end in ends)
            Assert.Equal(Pages * Objects, (await platform.Api.ObjectsAsync((string)end["connection"]!)).Select(o => (string?)o["remote_id"]).Distinct().Count());
    }

    private static Task<JsonNode> EndAsync(PlatformFixture platform, JsonNode run) => Limits.UntilAsync($"run {run["id"]} to end", Ends, async () =>
    {
        var (status, record, _) = await platform.Api.SendAsync(HttpMethod.Get, $"/v1/runs/{run["id"]}");
        // Connections that led to the killed runner break once.
        return status == HttpStatusCode.OK && (string?)record!["state"] is not ("queued" or "running") ? record : null;
    });

    /// <summary>Processes that hold runs.</summary>
    private static async Task<List<int>> RunnersAsync(NpgsqlDataSource database)
    {
        await using var command = database.CreateCommand(
            "SELECT DISTINCT split_part(lease_owner, ':', 2)::int FROM runs WHERE state = 'running' AND pages > 0 AND lease_owner IS NOT NULL");
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        List<int> found = [];
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
            found.Add(reader.GetInt32(0));
        return found;
    }

    private sealed class TwoRunners : PlatformFixture
    {
        protected override IEnumerable<string> Settings => ["--Platform:RunnerReplicas=2"];
    }
}
