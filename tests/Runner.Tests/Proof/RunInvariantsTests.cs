using Dapper;
using Npgsql;
using Platform.Servers;

namespace Platform.Runner.Tests.Proof;

/// <summary>The checkers themselves: each sees what it is there for, and nothing in what is right.</summary>
public sealed class RunInvariantsTests(ServersFixture servers, GoConnectors connectors) : RunnerTest(servers, connectors)
{
    private const string Running =
        "insert into runs (id, connection_id, connection, connector, state, attempt, fence, lease_until, created_at) values (@id, @connection, 'c', 'k', 'running', 1, 1, now() + @lease, now() - interval '1 hour')";

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task Each_checker_sees_what_it_is_there_for()
    {
        // Nobody may mend what is made wrong here.
        await runner.DisposeAsync();
        var ingest = Servers.PostgresConnectionString("ingest");
        await using var invariants = new RunInvariants(database, ingest);
        await using var data = new NpgsqlConnection(ingest);
        await data.ExecuteAsync("create table outcomes (run_id uuid, outcome text)");
        await invariants.PrepareAsync();
        var (run, other, connection) = (Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7());
        await using var holder = await SessionAsync("holder");
        await using var stale = await SessionAsync("stale");
        await holder.ExecuteAsync(Running, new { id = run, connection, lease = TimeSpan.FromMinutes(1) });
        await stale.ExecuteAsync("update runs set fence = 2 where id = @run", new { run });
        await holder.ExecuteAsync("update runs set fence = 3 where id = @run", new { run });
        await holder.ExecuteAsync("update runs set pages = 7 where id = @run", new { run });
        await stale.ExecuteAsync("update runs set cancel_requested_at = now() where id = @run", new { run });
        Assert.Empty(await invariants.StaleWritersAsync());
        Assert.Empty(await invariants.ForsakenAsync(Grace, hasRoom: true));
        Assert.Empty(await invariants.CrowdedAsync());

        await stale.ExecuteAsync("update runs set pages = 8 where id = @run", new { run });
        Assert.Contains("stale wrote run", Assert.Single(await invariants.StaleWritersAsync()), StringComparison.Ordinal);

        await holder.ExecuteAsync("drop index runs_one_running");
        await holder.ExecuteAsync(Running, new { id = other, connection, lease = -Grace * 2 });
        Assert.Contains("2 active runs", Assert.Single(await invariants.CrowdedAsync()), StringComparison.Ordinal);
        Assert.Contains($"{other}", Assert.Single(await invariants.ForsakenAsync(Grace, hasRoom: true)), StringComparison.Ordinal);

        await holder.ExecuteAsync("update runs set lease_until = null, next_attempt_at = now() - interval '1 minute' where id = @other", new { other });
        Assert.Single(await invariants.ForsakenAsync(Grace, hasRoom: true));
        Assert.Empty(await invariants.ForsakenAsync(Grace, hasRoom: false));

        await holder.ExecuteAsync("update runs set state = 'failed', next_attempt_at = null where id = @other", new { other });
        Assert.Contains("decided as nothing", (await invariants.StaleWritersAsync())[^1], StringComparison.Ordinal);
        runner = await StartAsync();
    }

    private async Task<NpgsqlConnection> SessionAsync(string name)
    {
        var session = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database) { ApplicationName = name }.ConnectionString);
        await session.OpenAsync(TestContext.Current.CancellationToken);
        return session;
    }
}
