using Dapper;
using Npgsql;
using Platform.Runner.Runs;

namespace Platform.Runner.Subscriptions;

/// <summary>What is subscribed to. A change is told to the connection's listener, on whichever replica, by the channel of the runs.</summary>
internal sealed class SubscriptionStore(NpgsqlDataSource database)
{
    /// <summary>So many of one connection; a service is asked for each of them, one after the other.</summary>
    public const int MaxOfConnection = 100;

    /// <returns>Null: the connection has <see cref="MaxOfConnection"/> already.</returns>
    public async Task<Subscription?> AddAsync(Subscription wish, CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        await using var transaction = await session.BeginTransactionAsync(cancel);
        // The row of the listener first: whoever ends it for want of subscriptions locks it too, and looks again.
        var run = await session.QuerySingleAsync<Guid>(new CommandDefinition(
            """
            insert into listeners (connection_id, connection, connector, run_id) values (@ConnectionId, @Connection, @Connector, @RunId)
            on conflict (connection_id) do update set next_attempt_at = least(listeners.next_attempt_at, now()) returning run_id
            """,
            new { wish.ConnectionId, wish.Connection, wish.Connector, RunId = Guid.CreateVersion7() }, transaction, cancellationToken: cancel));
        var added = await session.QuerySingleOrDefaultAsync<Subscription>(new CommandDefinition(
            """
            insert into subscriptions (id, connection_id, connection, connector, event, arguments, actor)
            select @Id, @ConnectionId, @Connection, @Connector, @Event, @Arguments::json, @Actor
            where (select count(*) from subscriptions where connection_id = @ConnectionId) < @MaxOfConnection
            returning *
            """,
            new { wish.Id, wish.ConnectionId, wish.Connection, wish.Connector, wish.Event, wish.Arguments, wish.Actor, MaxOfConnection }, transaction, cancellationToken: cancel));
        await session.ExecuteAsync(new CommandDefinition(Notify, new { run }, transaction, cancellationToken: cancel));
        await transaction.CommitAsync(cancel);
        return added;
    }

    /// <summary>All of a connection, oldest first.</summary>
    public async Task<IReadOnlyList<Subscription>> ListAsync(Guid connectionId, CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        return [.. await session.QueryAsync<Subscription>(new CommandDefinition(
            "select * from subscriptions where connection_id = @connectionId order by id", new { connectionId }, cancellationToken: cancel))];
    }

    public async Task<Subscription?> FindAsync(Guid connectionId, Guid id, CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        return await session.QuerySingleOrDefaultAsync<Subscription>(new CommandDefinition(
            "select * from subscriptions where connection_id = @connectionId and id = @id", new { connectionId, id }, cancellationToken: cancel));
    }

    /// <param name="id">Null: all of the connection, as when it is deleted.</param>
    /// <returns>Whether there was any.</returns>
    public async Task<bool> RemoveAsync(Guid connectionId, Guid? id, CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        await using var transaction = await session.BeginTransactionAsync(cancel);
        var removed = await session.ExecuteAsync(new CommandDefinition(
            "delete from subscriptions where connection_id = @connectionId and (@id::uuid is null or id = @id)", new { connectionId, id }, transaction, cancellationToken: cancel));
        await session.ExecuteAsync(new CommandDefinition(
            "with waking as (update listeners set next_attempt_at = now() where connection_id = @connectionId returning run_id) select pg_notify('runs', run_id::text) from waking",
            new { connectionId }, transaction, cancellationToken: cancel));
        await transaction.CommitAsync(cancel);
        return removed > 0;
    }

    /// <summary>How a subscription stands, as its listener sees it.</summary>
    /// <param name="fault">Why it fails; null: it does not.</param>
    public async Task ShowAsync(Guid id, string state, RunFault? fault, CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        await session.ExecuteAsync(new CommandDefinition(
            "update subscriptions set state = @state, error = @error::json where id = @id",
            new { id, state, error = fault is null ? null : RunErrorView.ToJson(fault) }, cancellationToken: cancel));
    }

    /// <summary>All of a connection alike, as when its service is not there.</summary>
    public async Task ShowAllAsync(Guid connectionId, string state, RunFault? fault, CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        await session.ExecuteAsync(new CommandDefinition(
            "update subscriptions set state = @state, error = @error::json where connection_id = @connectionId",
            new { connectionId, state, error = fault is null ? null : RunErrorView.ToJson(fault) }, cancellationToken: cancel));
    }

    public async Task CountAsync(Guid id, long received, CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        await session.ExecuteAsync(new CommandDefinition(
            "update subscriptions set received = received + @received, last_received_at = now() where id = @id", new { id, received }, cancellationToken: cancel));
    }

    private const string Notify = "select pg_notify('runs', @run::text)";
}
