using System.Diagnostics;

namespace Platform.Runner.Tests;

/// <summary>
/// How a connector ends: it is asked to, gets its grace, and then all that it started is killed. The bench checks that
/// nothing is left.
/// </summary>
public abstract class EndingTests(GoConnectors connectors, bool isolated) : IAsyncLifetime
{
    protected static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);
    // What else happens between the last page and the end.
    protected static readonly TimeSpan WorkLimit = TimeSpan.FromSeconds(15);
    protected static readonly TimeSpan LongGrace = TimeSpan.FromSeconds(60);
    private DriverBench bench = null!;

    public async ValueTask InitializeAsync() => bench = await DriverBench.StartAsync(isolated);

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await bench.DisposeAsync();
    }

    [Fact]
    public async Task A_connector_of_go_plugin_ends_when_it_is_asked_to()
    {
        var took = await TimeAsync(connectors.Crash, "./crash-go", LongGrace);

        Assert.True(took < WorkLimit, $"It took {took}.");
    }

    [Fact]
    public async Task A_connector_that_ends_for_nobody_is_killed_after_its_grace_with_what_it_started()
    {
        var took = await TimeAsync(connectors.Crash, "./crash-go linger", Grace);

        Assert.InRange(took, Grace, Grace + WorkLimit);
    }

    [Fact]
    public async Task A_connector_that_does_not_even_answer_is_killed_after_its_grace()
    {
        using var stop = new CancellationTokenSource();
        var sync = bench.SyncAsync("""{"mode": "stand-still"}""", connectors.Crash, "./crash-go", Settings(Grace), stop);
        await Wait.ForAsync("the connector stands still", () => bench.StandsStill, DriverBench.SyncTimeout);
        var begun = Stopwatch.GetTimestamp();

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sync);
        Assert.InRange(Stopwatch.GetElapsedTime(begun), Grace, Grace + WorkLimit);
    }

    protected string Log => bench.Log.Text;

    private static Dictionary<string, string?> Settings(TimeSpan grace) => new() { ["GraceSeconds"] = $"{grace.TotalSeconds}" };

    /// <returns>From the last page to the end.</returns>
    protected async Task<TimeSpan> TimeAsync(string bundle, string command, TimeSpan grace, bool autoMtls = false)
    {
        var last = 0L;
        bench.Peers.Ingest.OnPage = _ => last = Stopwatch.GetTimestamp();
        await bench.SyncAsync("""{"mode": "ok"}""", bundle, command, Settings(grace), autoMtls: autoMtls);
        return Stopwatch.GetElapsedTime(last);
    }
}

public sealed class EndingIsolatedTests(GoConnectors connectors) : EndingTests(connectors, isolated: true)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connector_of_the_sdk_ends_when_it_is_asked_to(bool autoMtls)
    {
        var took = await TimeAsync(SampleConnectors.Folder, SampleConnectors.Command + " print-around", LongGrace, autoMtls);

        Assert.True(took < WorkLimit, $"It took {took}.");
        // Said after its server had ended: nobody killed it.
        Assert.Contains(": goodbye 32 ", Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connector_of_the_sdk_that_ends_for_nobody_is_killed_after_its_grace()
    {
        var took = await TimeAsync(SampleConnectors.Folder, SampleConnectors.Command + " linger", Grace);

        Assert.InRange(took, Grace, Grace + WorkLimit);
    }
}

public sealed class EndingUnisolatedTests(GoConnectors connectors) : EndingTests(connectors, isolated: false);
