using Grpc.Core;
using Npgsql;
using Platform.Ingest.V1;
using Platform.ServiceDefaults;

namespace Platform.Ingest.Tests.Model;

/// <summary>
/// A connection of the service beside its model. Calls may fail or go unanswered: what the model is told comes from the ledger of
/// commits, and the answers are compared with that.
/// </summary>
internal sealed class ObservedConnection(NpgsqlDataSource database, Guid connectionId) : IDisposable
{
    private readonly Dictionary<(Guid Run, long Fence), (Sender Sender, bool StartOver, bool Notify)> _opening = [];
    private readonly Dictionary<Guid, Sender> _loads = [];
    private readonly Dictionary<Guid, CloseRequest> _closing = [];
    private readonly List<Sender> _senders = [];
    private long _read;

    public ConnectionModel Model { get; } = new(connectionId);

    /// <exception cref="RpcException">Refused, or unanswered.</exception>
    public async Task<Sender> OpenAsync(Replica replica, TestRun run, bool startOver, bool notify)
    {
        var sender = new Sender(replica, run);
        _senders.Add(sender);
        _opening[(run.RunId, run.Fence)] = (sender, startOver, notify);
        var opened = await sender.OpenAsync(startOver, notify);
        await ResolveAsync();
        if (!_loads.ContainsValue(sender))
            throw new InvariantException("I1", "a load was opened and nothing of it was committed");
        if (!startOver && !Same(opened))
            throw new InvariantException("I3", "a load was opened with other states than the committed ones");
        return sender;
    }

    /// <summary>What this sender has sent is acknowledged, and rightly.</summary>
    public async Task AckedAsync(Sender sender)
    {
        await sender.AckedAsync(sender.Sent.Count);
        await ResolveAsync();
    }

    public async Task<RunOutcome> CloseAsync(Replica replica, CloseRequest request)
    {
        // The first one that gets through decides; a request that is refused is taken back.
        var runId = Guid.Parse(request.Run.RunId);
        var first = _closing.TryAdd(runId, request);
        try
        {
            var answer = await replica.Client.CloseAsync(request, replica.Headers, cancellationToken: TestContext.Current.CancellationToken);
            await ResolveAsync();
            CheckAnswer(runId, answer);
            return answer;
        }
        catch (RpcException e) when (first && ProblemException.FromRpc(e) is not null)
        {
            _closing.Remove(runId);
            throw;
        }
    }

    public async Task<RunOutcome> SweepAsync(Replica replica, Guid runId)
    {
        var answer = await replica.Client.SweepAsync(new() { RunId = runId.ToString() }, replica.Headers, cancellationToken: TestContext.Current.CancellationToken);
        await ResolveAsync();
        CheckAnswer(runId, answer);
        return answer;
    }

    public async Task<RunOutcome?> OutcomeAsync(Replica replica, Guid runId)
    {
        var outcome = (await replica.Client.GetOutcomeAsync(new() { RunId = runId.ToString() }, replica.Headers, cancellationToken: TestContext.Current.CancellationToken)).Outcome;
        await ResolveAsync();
        if (outcome is not null)
            CheckAnswer(runId, outcome);
        return outcome;
    }

    /// <summary>Tells the model what was committed since it was told last.</summary>
    public async Task ResolveAsync()
    {
        foreach (var row in await Snapshot.ReadLedgerAsync(database, connectionId, _read))
        {
            _read = row.Id;
            switch (row.Kind)
            {
                case "open":
                    var (sender, startOver, notify) = _opening[(row.RunId, row.Fence)];
                    _loads.Add(row.LoadId, sender);
                    Model.Open(row.RunId, startOver, notify);
                    break;
                case "batch":
                    Commit(row, _loads[row.LoadId]);
                    break;
                case "close":
                    Model.Close(_closing[row.RunId]);
                    break;
                case "sweep":
                    Model.Sweep(row.RunId);
                    break;
            }
        }

        foreach (var sender in _senders)
            CheckAcks(sender);
    }

    /// <summary>The service is gone and nothing of it is under way: what it did not commit never happened.</summary>
    public async Task SettleAsync()
    {
        await ResolveAsync();
        foreach (var (runId, _) in _closing.Where(request => !Model.Runs.TryGetValue(request.Key, out var run) || run.Outcome == Outcome.Unspecified).ToList())
            _closing.Remove(runId);
        foreach (var sender in _senders)
            sender.Break();
    }

    /// <summary>The ids of all its events, in order.</summary>
    public async Task<List<Guid>> EventsAsync() => [.. (await Snapshot.ReadAsync(database, connectionId)).Events.Select(e => e.Id)];

    public async Task CheckAsync()
    {
        await ResolveAsync();
        Checkers.All(await Snapshot.ReadAsync(database, connectionId), Model);
    }

    public void Dispose()
    {
        foreach (var sender in _senders)
            sender.Dispose();
    }

    private void Commit(LedgerRow row, Sender sender)
    {
        if (row.Sequence > sender.Sent.Count)
            throw new InvariantException("I2", $"page {row.Sequence} of a load is committed, and {sender.Sent.Count} were sent");
        var pages = sender.Sent[sender.Committed.Count..(int)row.Sequence];
        sender.Committed.AddRange(Model.Commit(row.RunId, pages, sender.Replica.BatchRows, sender.Replica.MaxObjectBytes));
    }

    private static void CheckAcks(Sender sender)
    {
        if (sender.Acked.Count > sender.Committed.Count)
            throw new InvariantException("I1", $"page {sender.Acked.Count} is acknowledged, and {sender.Committed.Count} are committed");
        for (var i = 0; i < sender.Acked.Count; i++)
            if (!sender.Acked[i].Equals(sender.Committed[i]))
                throw new InvariantException("I7", $"page {i + 1} was acknowledged with {sender.Acked[i]}, and it should be {sender.Committed[i]}");
    }

    private void CheckAnswer(Guid runId, RunOutcome answer)
    {
        if (!Model.Runs.TryGetValue(runId, out var run) || run.Request is not { } request)
            throw new InvariantException("I1", $"run {runId} was answered as closed, and nothing of that is committed");
        if (answer.Outcome != run.Outcome || answer.Result != request.Result || !Equals(answer.Error, request.Error))
            throw new InvariantException("I7", $"run {runId} was closed as {run.Outcome} and is answered as {answer}");
        if (!answer.Counts.Equals(run.Counts))
            throw new InvariantException("I7", $"run {runId} is answered with {answer.Counts}, and it should be {run.Counts}");
        var warnings = answer.Warnings.Select(warning => $"{warning.Code} '{warning.Stream}'").Order(StringComparer.Ordinal);
        if (!warnings.SequenceEqual(run.Warnings()))
            throw new InvariantException("I5", $"run {runId} is answered with the warnings {string.Join(", ", warnings)}, and they should be {string.Join(", ", run.Warnings())}");
    }

    private bool Same(Opened opened) =>
        opened.States.Count == Model.States.Count
        && opened.States.All(state => Model.States.TryGetValue(state.Stream, out var expected) && state.State.Span.SequenceEqual(expected.State));
}
