using System.Text.Json.Nodes;

namespace Platform.Tests.Chaos;

/// <summary>A checker that can't fail proves nothing: each is shown what it must find.</summary>
public sealed class RunChecksTests
{
    private static readonly HashSet<string> Before = ["a", "b"];

    [Fact]
    public void A_failed_run_that_deleted_is_found()
    {
        Assert.Empty(RunChecks.Sweep(Run("failed"), Before, Before));
        Assert.Contains(RunChecks.Sweep(Run("failed", swept: 1), Before, new HashSet<string> { "a" }), found => found.Contains("failed deleted 1 objects, such as b"));
        Assert.Single(RunChecks.Sweep(Run("succeeded", swept: 0), Before, new HashSet<string> { "a" }));
        Assert.Empty(RunChecks.Sweep(Run("succeeded", swept: 1), Before, new HashSet<string> { "a" }));
    }

    [Fact]
    public void Counts_that_do_not_balance_or_differ_from_the_event_are_found()
    {
        var run = Run("succeeded");
        Assert.Empty(RunChecks.Counts(run, run["counts"]!.DeepClone()));
        Assert.Contains(RunChecks.Counts(run, null), found => found.StartsWith("I6"));
        Assert.Contains(RunChecks.Counts(run, Run("succeeded", swept: 3)["counts"]), found => found.StartsWith("I7"));
        run["counts"]!["received"] = 8L;
        Assert.Contains(RunChecks.Counts(run, run["counts"]), found => found.Contains("received 8"));
    }

    [Fact]
    public void A_secret_and_too_much_memory_are_found()
    {
        Assert.Single(RunChecks.Secrets("hush-hush", [("a log", "it said hush-hush"), ("an event", "nothing")]));
        Assert.Empty(RunChecks.Secrets("hush-hush", [("a log", "it said ***")]));
        Assert.Single(RunChecks.Memory([("runner", 300), ("ingest", 100)], 200));
    }

    private static JsonNode Run(string state, long swept = 0) => new JsonObject
    {
        ["state"] = state,
        ["counts"] = new JsonObject
        {
            ["received"] = 7L,
            ["inserted"] = 2L,
            ["updated"] = 1L,
            ["unchanged"] = 1L,
            ["deleted"] = 1L,
            ["rejected"] = 1L,
            ["superseded"] = 1L,
            ["swept"] = swept,
        },
    };
}
