using Npgsql;
using Platform.Ingest.Tests.Model;
using Platform.Servers;

namespace Platform.Ingest.Tests.Kill;

/// <summary>The database goes away in mid-load. The service tries again; its callers see nothing of it.</summary>
public sealed class DatabaseFaultTests(ServersFixture servers)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    [Fact]
    public async Task Sessions_terminated_in_the_middle_of_their_work_are_not_noticed()
    {
        const int Terminations = 40;
        var connectionString = servers.PostgresConnectionString("ingest");
        await using var host = await StartAsync(connectionString);
        await Snapshot.PrepareAsync(host.Database);
        var terminated = 0;
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var terminating = Task.Run(async () =>
        {
            using var timer = new PeriodicTimer(Interval);
            while (terminated < Terminations && await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken))
                terminated += (int)await host.QueryAsync<long>("""
                    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                    WHERE datname = current_database() AND application_name <> $1 AND state IN ('active', 'idle in transaction')
                    """, IngestHost.TestApplication);
            await enough.CancelAsync();
        }, TestContext.Current.CancellationToken);

        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => LoadAsync(host, enough.Token)));
        await terminating;
    }

    [Fact]
    public async Task A_database_that_crashes_or_is_restarted_under_a_load_loses_nothing()
    {
        await using var server = RestartableServer.Postgres();
        await server.StartAsync();
        var connectionString = await CreateAsync(server.ConnectionString);
        await using var host = await StartAsync(connectionString);
        await Snapshot.PrepareAsync(host.Database);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var loading = Task.WhenAll(Enumerable.Range(0, 2).Select(_ => LoadAsync(host, enough.Token)));

        // One killed session, and the server starts all others anew from its log, as after a crash of its own.
        for (var crash = 0; crash < 2; crash++)
        {
            var session = await host.WaitForWorkingLoadAsync();
            // Its own session ends with the others, mostly before the answer.
            await Record.ExceptionAsync(() => host.ExecuteAsync($"COPY (SELECT 1) TO PROGRAM 'kill -9 {session}'"));
        }

        await host.WaitForWorkingLoadAsync();
        await server.StopAsync();
        await server.StartAsync();
        await host.WaitForWorkingLoadAsync();
        await enough.CancelAsync();
        await loading;
    }

    private static Task<IngestHost> StartAsync(string connectionString) => IngestHost.StartAsync(connectionString, settings:
        [("Load:BatchDelay", "00:00:00.005"), ("Load:RetryFor", "00:01:30"), ("Logging:LogLevel:Default", "Error")]);

    /// <summary>Round after round on a connection of its own, until told; then the invariants.</summary>
    private static async Task LoadAsync(IngestHost host, CancellationToken enough)
    {
        using var connection = new ObservedConnection(host.Database, Guid.CreateVersion7());
        var caller = new PersistentCaller(connection, host.Database, Random.Shared.Next());
        do
            await caller.RoundAsync(new(host.Ingest, IngestHost.Headers));
        while (!enough.IsCancellationRequested);
        await connection.CheckAsync();
    }

    private static async Task<string> CreateAsync(string server)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(server) { Database = "postgres", Pooling = false }.ConnectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var create = new NpgsqlCommand("CREATE DATABASE ingest", connection);
        await create.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        return new NpgsqlConnectionStringBuilder(server) { Database = "ingest" }.ConnectionString;
    }
}
