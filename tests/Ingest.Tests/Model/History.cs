using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Npgsql;
using Platform.Ingest.V1;
using Platform.ServiceDefaults;

namespace Platform.Ingest.Tests.Model;

/// <summary>One connection's life at random: all that a seed decides is decided by it; what time decides is read from the ledger.</summary>
internal sealed class History : IDisposable
{
    private readonly Random _random;
    private readonly Replica[] _replicas;
    private readonly RandomPages _pages;
    private readonly ObservedConnection _connection;
    private readonly StringBuilder _transcript = new();
    private readonly List<TestRun> _closed = [];
    private readonly List<Sender> _stale = [];
    private readonly Guid _connectionId = Guid.CreateVersion7();
    private readonly int _steps;
    private TestRun? _run;
    private bool _notify;
    private Sender? _sender;

    public History(int seed, NpgsqlDataSource database, params Replica[] replicas)
    {
        _random = new(seed);
        _replicas = replicas;
        _pages = new(_random, replicas.Min(replica => replica.MaxObjectBytes));
        _connection = new(database, _connectionId);
        _steps = 6 + _random.Next(10);
    }

    /// <summary>What happened, a line for each step.</summary>
    public string Transcript => _transcript.ToString();

    public async Task RunAsync()
    {
        for (var step = 0; step < _steps; step++)
            await StepAsync();
        if (_run is not null)
            await CloseAsync();
        Tell("check");
        await _connection.CheckAsync();
    }

    public void Dispose() => _connection.Dispose();

    private Task StepAsync()
    {
        if (_run is null)
            return _random.Next(10) switch
            {
                0 => CloseUnopenedAsync(),
                1 when _closed.Count > 0 => ReplayCloseAsync(),
                2 or 3 when _closed.Count > 0 => SweepAsync(),
                4 when _stale.Count > 0 => SendStaleAsync(),
                _ => OpenAsync(),
            };
        if (_sender is null)
            return _random.Next(4) == 0 ? CloseAsync() : ReopenAsync();
        return _random.Next(20) switch
        {
            0 or 1 => ReopenAsync(),
            2 or 3 => BreakAsync(),
            4 => OpenUnderAnOldFenceAsync(),
            5 => CloseUnderAnOldFenceAsync(),
            6 or 7 when _stale.Count > 0 => SendStaleAsync(),
            8 when _closed.Count > 0 => ReplayCloseAsync(),
            9 when _closed.Count > 0 => SweepAsync(),
            10 => OpenOtherRunAsync(),
            11 or 12 or 13 => CloseAsync(),
            _ => SendAsync(),
        };
    }

    private async Task OpenAsync()
    {
        _run = (_closed.Count > 0 ? _closed[^1] : new TestRun(Guid.Empty, _connectionId, $"connection-{_connectionId}", 0)).Next();
        _notify = _random.Next(2) == 0;
        await ReopenAsync();
    }

    private async Task ReopenAsync()
    {
        if (_sender is not null)
            _stale.Add(_sender);
        // The same lease may open once more; mostly it is a new one.
        if (_sender is null || _random.Next(5) > 0)
            _run = _run!.Again();
        var startOver = _random.Next(3) == 0;
        Tell($"open {Name(_run!)} under {_run!.Fence}{(startOver ? ", starting over" : "")}{(_notify ? ", notifying" : "")}");
        _sender = await _connection.OpenAsync(Any(), _run!, startOver, _notify);
    }

    /// <summary>Another run comes although this one is undecided, as after a lost lease; this one is closed by somebody later.</summary>
    private async Task OpenOtherRunAsync()
    {
        var abandoned = _run!;
        _stale.Add(_sender!);
        _sender = null;
        _run = abandoned.Next();
        await ReopenAsync();
        // What it had seen is forgotten, so it can't say any more what is gone.
        var late = Request(abandoned.Again(), Outcome.Succeeded);
        Tell($"close the abandoned {Name(abandoned)}: {late.Outcome}, refused");
        var (code, _) = await AttemptAsync(() => _connection.CloseAsync(Any(), late));
        Require("I5", code == "stale_fence", $"a run that lost its connection to another one was closed as succeeded: {code ?? "an outcome"}");
        var request = Request(abandoned.Again(), Outcome.Failed);
        Tell($"close the abandoned {Name(abandoned)}: {request.Outcome}");
        await _connection.CloseAsync(Any(), request);
        _closed.Add(abandoned);
    }

    private async Task SendAsync()
    {
        await SendPagesAsync(_sender!);
        await _connection.AckedAsync(_sender!);
        await CheckSometimesAsync();
    }

    /// <summary>The caller dies in mid-load: some pages are acknowledged, perhaps more are committed.</summary>
    private async Task BreakAsync()
    {
        var before = _sender!.Acked.Count;
        await SendPagesAsync(_sender);
        var read = _random.Next(_sender.Sent.Count - before + 1);
        Tell($"break the call after {read} acks");
        await _sender.AckedAsync(before + read);
        _sender.Break();
        _sender = null;
    }

    private async Task SendPagesAsync(Sender sender)
    {
        for (var pages = 1 + _random.Next(4); pages > 0; pages--)
        {
            var page = _pages.Next();
            Tell($"send {page}");
            await sender.SendAsync(page);
        }

        // A page again as it was, as after a break.
        if (_random.Next(6) == 0)
        {
            var again = sender.Sent[_random.Next(sender.Sent.Count)] with { State = null };
            Tell($"send again {again}");
            await sender.SendAsync(again);
        }
    }

    private async Task CloseAsync()
    {
        var outcome = (Outcome)(1 + Math.Max(0, _random.Next(6) - 3));
        // Nobody says that a run succeeded whose call broke.
        if (_sender is null && outcome == Outcome.Succeeded)
            outcome = Outcome.Failed;
        if (_sender is not null && _random.Next(2) == 0)
        {
            await _sender.EndAsync();
            await _connection.ResolveAsync();
        }

        var request = Request(_run!, outcome);
        Tell($"close {Name(_run!)}: {outcome}, complete [{string.Join(", ", request.CompleteStreams.Select(s => $"'{s}'"))}], guard {(request.HasMaxDeleteFraction ? request.MaxDeleteFraction : "-")}");
        await _connection.CloseAsync(Any(), request);
        _closed.Add(_run!);
        if (_sender is { Ended: false })
            _stale.Add(_sender);
        (_run, _sender) = (null, null);
        await CheckSometimesAsync();
    }

    private async Task CloseUnopenedAsync()
    {
        var run = new TestRun(Guid.Empty, _connectionId, $"connection-{_connectionId}", 0).Next();
        var request = Request(run, _random.Next(2) == 0 ? Outcome.Failed : Outcome.Cancelled);
        Tell($"close {Name(run)}, which never opened: {request.Outcome}");
        await _connection.CloseAsync(Any(), request);
        _closed.Add(run);
    }

    private async Task ReplayCloseAsync()
    {
        var run = _closed[_random.Next(_closed.Count)];
        Tell($"close {Name(run)} once more");
        var answer = await _connection.CloseAsync(Any(), Request(run, (Outcome)(1 + _random.Next(3))));
        Require("I4", answer.Equals(await _connection.OutcomeAsync(Any(), run.RunId)), "a decision is answered in two ways");
    }

    private async Task SweepAsync()
    {
        var run = _random.Next(3) == 0 ? _closed[_random.Next(_closed.Count)] : _closed[^1];
        var expected = _connection.Model.Runs[run.RunId];
        var refusal = expected.Sweeps.ContainsValue("held") ? (expected.Superseded ? "sweep_superseded" : null)
            : expected.Sweeps.ContainsValue("swept") ? null
            : "nothing_to_sweep";
        Tell($"sweep {Name(run)}: {refusal ?? "carried out"}");
        var (code, answer) = await AttemptAsync(() => _connection.SweepAsync(Any(), run.RunId));
        Require("I5", code == refusal, $"a sweep that should be {refusal ?? "carried out"} was {code ?? "carried out"}");
        if (answer is not null)
            Require("I7", answer.Equals(await _connection.OutcomeAsync(Any(), run.RunId)), "a sweep is answered with another outcome than the standing one");
        await CheckSometimesAsync();
    }

    private async Task SendStaleAsync()
    {
        var stale = _stale[_random.Next(_stale.Count)];
        _stale.Remove(stale);
        Tell($"send under the old fence {stale.Run.Fence}");
        var before = stale.Sent.Count;
        await stale.SendAsync(_pages.Next() with { Flush = true });
        var (code, _) = await AttemptAsync(async () =>
        {
            await stale.AckedAsync(before + 1);
            return "";
        });
        Require("I4", code is "stale_fence" or "run_closed", $"an overtaken writer was answered with {code ?? "an ack"}");
        await _connection.CheckAsync();
    }

    private async Task OpenUnderAnOldFenceAsync()
    {
        var late = _run!.Next() with { Fence = _run.Fence - 1 };
        Tell($"open {Name(late)} under the old fence {late.Fence}");
        var (code, _) = await AttemptAsync(() => _connection.OpenAsync(Any(), late, false, false));
        Require("I4", code == "stale_fence", $"an open under an old fence was answered with {code ?? "Opened"}");
    }

    private async Task CloseUnderAnOldFenceAsync()
    {
        var request = Request(_run! with { Fence = _run.Fence - 1 }, Outcome.Failed);
        Tell($"close {Name(_run)} under the old fence {request.Run.Fence}");
        var (code, _) = await AttemptAsync(() => _connection.CloseAsync(Any(), request));
        Require("I4", code == "stale_fence", $"a close under an old fence was answered with {code ?? "an outcome"}");
        await _connection.CheckAsync();
    }

    private CloseRequest Request(TestRun run, Outcome outcome)
    {
        var request = new CloseRequest { Run = run.Identity, Outcome = outcome, Result = $"result {_random.Next(100)}", NotifyChanges = _notify };
        if (outcome == Outcome.Failed)
            request.Error = new() { Code = "connector_failed", Message = "it fell over" };
        if (outcome == Outcome.Succeeded || _random.Next(4) == 0)
            request.CompleteStreams.Add(_pages.Streams.Where(_ => _random.Next(3) > 0));
        if (_random.Next(3) > 0)
            request.MaxDeleteFraction = _random.Next(5) * 0.25;
        return request;
    }

    private Task CheckSometimesAsync() => _random.Next(4) == 0 ? _connection.CheckAsync() : Task.CompletedTask;

    private static async Task<(string? Code, T? Answer)> AttemptAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return (null, await call());
        }
        catch (RpcException e) when (ProblemException.FromRpc(e) is { } refused)
        {
            return (refused.Problem.Code, default);
        }
    }

    private Replica Any() => _replicas[_random.Next(_replicas.Length)];

    private void Tell(string step) => _transcript.AppendLine(step);

    private static string Name(TestRun run) => $"run …{run.RunId.ToString()[^4..]}";

    private static void Require(string invariant, bool holds, string what)
    {
        if (!holds)
            throw new InvariantException(invariant, what);
    }
}
