using System.Globalization;
using Grpc.Core;
using Npgsql;
using Platform.Ingest.Tests.Model;
using Platform.Ingest.V1;
using Platform.ServiceDefaults;
using PageObject = Platform.Objects.V1.Object;

namespace Platform.Ingest.Tests.Kill;

/// <summary>
/// A caller as Runner is one, of a service that may end at any time: it loads, closes and sweeps one run after the other; after a break
/// it asks for the outcome and goes on as the next attempt. Each round passes every point of the load and of the close.
/// </summary>
internal sealed class PersistentCaller(ObservedConnection connection, NpgsqlDataSource database, int seed)
{
    /// <summary>More than this is no longer the service being slow.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(90);

    // Above the hundred objects from which the delete guard watches.
    private const int Objects = 160;

    private readonly Random _random = new(seed);
    private readonly Guid _connectionId = connection.Model.ConnectionId;
    private TestRun? _run;
    private TestRun? _toSweep;
    private bool _closing;
    private int _round;

    /// <summary>Rounds until one breaks.</summary>
    public async Task UntilBrokenAsync(Replica replica)
    {
        var started = TimeProvider.System.GetTimestamp();
        try
        {
            while (TimeProvider.System.GetElapsedTime(started) < Timeout)
                await RoundAsync(replica);
        }
        catch (Exception e) when (IsBroken(e))
        {
            return;
        }

        throw new TimeoutException($"Nothing broke within {Timeout}.");
    }

    /// <summary>The service is gone: what it had not committed is rolled back once its sessions have ended.</summary>
    public async Task SettleAsync()
    {
        var started = TimeProvider.System.GetTimestamp();
        await using var others = database.CreateCommand(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend' AND application_name <> $1");
        others.Parameters.Add(new() { Value = IngestHost.TestApplication });
        while ((long)(await others.ExecuteScalarAsync(TestContext.Current.CancellationToken))! > 0)
            if (TimeProvider.System.GetElapsedTime(started) > Timeout)
                throw new TimeoutException($"Sessions of the killed service were still there after {Timeout}.");
        await connection.SettleAsync();
        await connection.CheckAsync();
    }

    /// <summary>One run from where it stands to its end; after a break: its next attempt, or the adoption of its outcome.</summary>
    public async Task RoundAsync(Replica replica)
    {
        if (_toSweep is not null)
            await SweepAsync(replica);
        if (_closing && await connection.OutcomeAsync(replica, _run!.RunId) is not null)
        {
            await ClosedAsync(replica);
            return;
        }

        _closing = false;
        if (_run is null)
            _round++;
        _run = _run?.Again() ?? new TestRun(Guid.Empty, _connectionId, $"connection-{_connectionId}", 0).Next();
        // Every third run lists little, which the guard holds back.
        var listed = _round % 3 == 0 ? Objects / 4 : Objects - 10;
        var sender = await connection.OpenAsync(replica, _run, startOver: _random.Next(2) == 0, notify: true);
        for (var first = 0; first < listed; first += 20)
            await sender.SendAsync(new("", [.. Enumerable.Range(first, 20).Select(Item)], State: Token($"{_round}/{first}"), Flush: _random.Next(4) == 0));
        await sender.SendAsync(new("a", [.. Enumerable.Range(0, 30).Select(Item), .. Enumerable.Range(0, 5).Select(Item)]));
        await sender.SendAsync(new("a", [.. Enumerable.Range(25, 5).Select(Item)], Deletes: true, State: Token($"{_round}/a")));
        await sender.EndAsync();
        await connection.ResolveAsync();
        _closing = true;
        await connection.CloseAsync(replica, new() { Run = _run.Identity, Outcome = Outcome.Succeeded, CompleteStreams = { "", "a" }, NotifyChanges = true });
        await ClosedAsync(replica);
    }

    private async Task ClosedAsync(Replica replica)
    {
        (_toSweep, _run, _closing) = (_run, null, false);
        await SweepAsync(replica);
    }

    private async Task SweepAsync(Replica replica)
    {
        await connection.SweepAsync(replica, _toSweep!.RunId);
        _toSweep = null;
    }

    // A third is new in each round, a third changes, a third stays.
    private PageObject Item(int number) => (number % 3) switch
    {
        0 => Pages.Object($"round {_round} number {number}"),
        1 => Pages.Object($"number {number}", _round.ToString(CultureInfo.InvariantCulture)),
        _ => Pages.Object($"number {number}"),
    };

    private static byte[] Token(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    private static bool IsBroken(Exception e) =>
        e is RpcException rpc ? ProblemException.FromRpc(rpc) is null : e is InvalidOperationException or ObjectDisposedException;
}
