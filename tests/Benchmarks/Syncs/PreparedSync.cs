using Microsoft.Extensions.Logging.Abstractions;
using Platform.Benchmarks.Plugins;
using Platform.Ingest.V1;
using Platform.Runner;
using Platform.Runner.Drivers;
using Platform.Runner.Processes;
using Platform.Runner.Runs;
using IngestClient = Platform.Ingest.V1.Ingest.IngestClient;

namespace Platform.Benchmarks.Syncs;

/// <summary>A run up to the moment in which its connector answers; there it waits, so that what is measured begins with the sync itself.</summary>
internal sealed class PreparedSync
{
    private readonly TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim go = new();
    private readonly IngestClient? ingest;
    private readonly RunIdentity run;
    private readonly Task<long> sync;

    /// <param name="ingest">Null: one within this process, which only counts.</param>
    /// <param name="command">The generator.</param>
    private PreparedSync(IConnectorDriver driver, IngestClient? ingest, RunIdentity run, string command, string options)
    {
        (this.ingest, this.run) = (ingest, run);
        sync = SyncAsync(driver, command, options);
    }

    public static async Task<PreparedSync> StartAsync(IConnectorDriver driver, IngestClient? ingest, RunIdentity run, string command, string options)
    {
        var prepared = new PreparedSync(driver, ingest, run, command, options);
        await await Task.WhenAny(prepared.started.Task, prepared.sync);
        return prepared;
    }

    /// <returns>The objects that were received; with an Ingest, those that are committed in a run that is closed.</returns>
    public Task<long> GoAsync()
    {
        go.Set();
        return sync;
    }

    private async Task<long> SyncAsync(IConnectorDriver driver, string command, string options)
    {
        var counting = new CountingIngest();
        PageLoad? pages = null;
        var id = Guid.Parse(run.RunId);
        var output = new ConnectorOutput(NullLogger.Instance, id, run.Connector, new OptionMask(options));
        var bundle = Path.GetDirectoryName(command)!;
        var launch = new ConnectorLaunch(run.Connector, bundle, "./" + Path.GetFileName(command), LaunchLimits.Of(new()), output);
        var end = await driver.SyncAsync(new(launch, options, OpenAsync, OnStarted, TimeSpan.FromHours(1)), CancellationToken.None);
        pages?.Dispose();
        if (ingest is null)
            return counting.Objects;
        var request = new CloseRequest { Run = run, Outcome = Outcome.Succeeded, Result = end.Result };
        request.CompleteStreams.AddRange(end.CompleteStreams);
        var outcome = await ingest.CloseAsync(request);
        return outcome.Outcome == Outcome.Succeeded ? outcome.Counts.Received : throw new InvalidOperationException($"The run ended as {outcome.Outcome}: {outcome.Error?.Message}");

        async Task<PageLoad> OpenAsync(bool startsOver) =>
            pages = await PageLoad.OpenAsync(ingest ?? new(counting), new Open { Run = run, StartOver = startsOver }, CancellationToken.None);

        void OnStarted(string isolation)
        {
            started.SetResult();
            go.Wait();
        }
    }
}
