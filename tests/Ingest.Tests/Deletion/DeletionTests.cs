using System.Text.Json;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Platform.Contracts;
using Platform.Ingest.Deletion;
using Platform.Ingest.Tests.Kill;
using Platform.Ingest.V1;
using Platform.ServiceDefaults;
using Platform.Servers;
using RabbitMQ.Client;

namespace Platform.Ingest.Tests.Deletion;

/// <summary>What follows from <c>connection.deleted</c>: the connection is barred, then purged.</summary>
public sealed class DeletionTests(ServersFixture servers)
{
    private static readonly TimeSpan PurgeTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);
    private static readonly string[] Tables = ["objects", "rejects", "states", "seen", "run_counts", "writers", "sweeps", "outcomes", "connections"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_deleted_connection_takes_nothing_more_and_everything_of_it_goes()
    {
        await using var host = await IngestHost.StartAsync(servers.PostgresConnectionString("ingest"));
        var (gone, stays, never) = (TestRun.New(), TestRun.New(), TestRun.New());
        foreach (var run in new[] { gone, stays })
        {
            using var first = await host.OpenAsync(run);
            await first.LoadAsync(Pages.Encode(Pages.Object("a"), Pages.Object(""), Pages.Object("b")), state: "\"s\"");
            await host.CloseAsync(run);
        }
        var open = gone.Next();
        using var session = await host.OpenAsync(open);
        await session.LoadAsync(Pages.Range("key-", 0, 25_000));
        await session.SendAsync(new byte[0]);

        await BarAsync(host, gone);
        // An event may come again, also one of a connection that never loaded.
        await BarAsync(host, gone);
        await BarAsync(host, never);

        await session.SendAsync(Pages.Range("key-", 30_000, 1), flush: true);
        Assert.Equal((StatusCode.FailedPrecondition, "connection_deleted"), await LastAsync(session));
        Assert.Equal((StatusCode.FailedPrecondition, "connection_deleted"), await Failure.OfAsync(() => host.OpenAsync(gone.Next())));
        Assert.Equal((StatusCode.FailedPrecondition, "connection_deleted"), await Failure.OfAsync(() => host.OpenAsync(never)));
        Assert.Equal((StatusCode.FailedPrecondition, "connection_deleted"), await Failure.OfAsync(() => host.CloseAsync(open)));
        // The end of its run is told all the same, and leaves nothing behind either.
        Assert.Equal(Outcome.Cancelled, (await host.CloseAsync(open, Outcome.Cancelled)).Outcome);
        await PurgedAsync(host, gone, never);
        Assert.Equal("1 1 1 0 0 1 0 1 1", await CountsAsync(host, stays, "objects WHERE remote_id = 'a' AND"));
        Assert.Equal(1L, await host.QueryAsync<long>("SELECT count(*) FROM outbox WHERE type = 'sync.cancelled'"));
    }

    [Fact]
    public async Task A_batch_in_flight_is_either_before_the_bar_or_never()
    {
        await using var host = await IngestHost.StartAsync(servers.PostgresConnectionString("ingest"));
        for (var i = 0; i < 5; i++)
        {
            var run = TestRun.New();
            using var session = await host.OpenAsync(run);
            Task bar;
            await using (await host.LockAsync(run))
            {
                await session.SendAsync(Pages.Range("key-", 0, 100), flush: true);
                await host.WaitForBlockedLoadAsync();
                bar = BarAsync(host, run);
                await host.WaitForBlockedAsync(2);
            }
            await bar;
            await PurgedAsync(host, run);
            Assert.Equal((StatusCode.FailedPrecondition, "connection_deleted"), await Failure.OfAsync(() => host.OpenAsync(run.Next())));
        }
    }

    [Fact]
    public async Task States_of_a_deleted_connection_are_not_edited_any_more()
    {
        await using var host = await IngestHost.StartAsync(servers.PostgresConnectionString("ingest"));
        var run = TestRun.New();
        await BarAsync(host, run);
        using var put = new HttpRequestMessage(HttpMethod.Put, $"/v1/connections/{run.Connection}/state")
        {
            Content = new StringContent("""{"stream": "", "state": 1}""", System.Text.Encoding.UTF8, "application/json"),
            Headers = { { InternalSecret.Header, IngestHost.Secret }, { Scopes.Header, "objects:write" } },
        };
        using var plain = new HttpClient { BaseAddress = host.Http.BaseAddress };
        using var answer = await plain.SendAsync(put, Cancellation);
        Assert.Contains("connection_deleted", await answer.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal(0L, await host.QueryAsync<long>("SELECT count(*) FROM states"));
    }

    [Fact]
    public async Task A_purge_that_is_killed_in_the_middle_goes_on_at_the_next_start()
    {
        var database = servers.PostgresConnectionString("ingest");
        var run = TestRun.New();
        await using (var host = await IngestHost.StartAsync(database))
        {
            using var session = await host.OpenAsync(run);
            await session.LoadAsync(Pages.Range("key-", 0, 45_000));
        }
        await using var rows = Npgsql.NpgsqlDataSource.Create(database);
        await using (var bar = rows.CreateCommand($"INSERT INTO deleted_connections (connection_id, connection, connector) VALUES ('{run.ConnectionId}', 'c', 'files')"))
            await bar.ExecuteNonQueryAsync(Cancellation);

        await using (var first = await IngestProcess.StartAsync(database, IngestHost.NoBroker, ("FaultPoints__connection-purging", "kill:2")))
            Assert.Equal(IngestProcess.Killed, await first.EndAsync());
        await using (var left = rows.CreateCommand("SELECT count(*) FROM objects"))
            Assert.Equal(25_000L, await left.ExecuteScalarAsync(Cancellation));
        await using (var second = await IngestProcess.StartAsync(database, IngestHost.NoBroker, ("FaultPoints__connection-purged", "kill")))
            Assert.Equal(IngestProcess.Killed, await second.EndAsync());
        await using var again = await IngestHost.StartAsync(database);
        await PurgedAsync(again, run);
    }

    [Fact]
    public async Task The_event_does_it_also_when_the_broker_was_away()
    {
        await using var server = RestartableServer.RabbitMq();
        await server.StartAsync();
        var database = servers.PostgresConnectionString("ingest");
        await using var host = await IngestHost.StartAsync(database, server.ConnectionString);
        var (first, second) = (TestRun.New(), TestRun.New());
        foreach (var run in new[] { first, second })
            using (var session = await host.OpenAsync(run))
                await session.LoadAsync(Pages.Range("key-", 0, 10));
        await PublishAsync(server.ConnectionString, first);
        await PurgedAsync(host, first);

        await server.StopAsync();
        await server.StartAsync();
        await PublishAsync(server.ConnectionString, second);
        await PurgedAsync(host, second);
    }

    private static ConnectionDeleted Event(TestRun run) => new(run.ConnectionId, run.Connection, "files");

    private static Task BarAsync(IngestHost host, TestRun run) => host.Services.GetRequiredService<BarConnection>().RunAsync(Event(run), Cancellation);

    // As the outbox of Registry does; again and again, as the queue may not be there yet.
    private static async Task PublishAsync(string broker, TestRun run)
    {
        await using var connection = await new ConnectionFactory { Uri = new(broker) }.CreateConnectionAsync(Cancellation);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Cancellation);
        var started = TimeProvider.System.GetTimestamp();
        while (await Record.ExceptionAsync(async () =>
        {
            await using var probe = await connection.CreateChannelAsync(cancellationToken: Cancellation);
            await probe.QueueDeclarePassiveAsync("ingest-connection.deleted", Cancellation);
            if (await probe.ConsumerCountAsync("ingest-connection.deleted", Cancellation) == 0) throw new InvalidOperationException("Nobody is there.");
        }) is not null)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < PurgeTimeout, "The queue is not consumed.");
            await Task.Delay(LookEvery, Cancellation);
        }
        await channel.BasicPublishAsync(EventBroker.Exchange, $"{EventTypes.ConnectionDeleted}.files", JsonSerializer.SerializeToUtf8Bytes(Event(run), PlatformJson.Options), Cancellation);
    }

    /// <summary>Acknowledgements may come before it.</summary>
    private static async Task<(StatusCode, string?)> LastAsync(LoadSession session)
    {
        while (true)
        {
            try
            {
                await session.ReplyAsync();
            }
            catch (RpcException e)
            {
                return (e.StatusCode, ProblemException.FromRpc(e)?.Problem.Code);
            }
        }
    }

    private static async Task PurgedAsync(IngestHost host, params TestRun[] runs)
    {
        var started = TimeProvider.System.GetTimestamp();
        foreach (var run in runs)
            while (!await host.QueryAsync<bool>($"SELECT EXISTS (SELECT FROM deleted_connections WHERE connection_id = '{run.ConnectionId}' AND purged_at IS NOT NULL)")
                || await CountsAsync(host, run) != "0 0 0 0 0 0 0 0 0")
            {
                Assert.True(TimeProvider.System.GetElapsedTime(started) < PurgeTimeout, $"Not purged in time: {await CountsAsync(host, run)}");
                await Task.Delay(LookEvery, Cancellation);
            }
    }

    private static Task<string> CountsAsync(IngestHost host, TestRun run, string objects = "objects WHERE") => host.QueryAsync<string>(
        $"SELECT concat_ws(' ', {string.Join(", ", Tables.Select(table => $"(SELECT count(*) FROM {(table == "objects" ? objects : table + " WHERE")} connection_id = '{run.ConnectionId}')"))})");
}
