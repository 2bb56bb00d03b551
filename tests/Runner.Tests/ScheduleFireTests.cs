using Npgsql;
using Platform.Servers;

namespace Platform.Runner.Tests;

/// <summary>Two Runners on one database: every instant is served once, whoever dies meanwhile.</summary>
public sealed class ScheduleFireTests(ServersFixture servers, GoConnectors connectors) : ScheduleTest(servers, connectors)
{
    private const int SomeFires = 4;
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(3);

    [Fact]
    public async Task Two_Runners_never_fire_the_same_instant_and_one_goes_on_for_another_that_was_killed()
    {
        AddConnection();
        await RecordFiresAsync();
        await using var second = await StartAsync();
        var schedule = await CreateAsync(second, new { connection = "c", interval = "1s" });
        await WaitForFiresAsync(SomeFires);

        second.Signal("KILL");
        await second.WaitForExitAsync();
        await WaitForFiresAsync((await FiresAsync()).Count + SomeFires);

        var fires = await FiresAsync();
        AssertNoneTwice(fires);
        Assert.Equal("schedule:default", (await runner.RunAsync(fires[0].Run.ToString())).GetProperty("actor").GetString());
        Assert.NotEqual(System.Text.Json.JsonValueKind.Null, (await GetAsync(runner, Id(schedule))).GetProperty("last_run_id").ValueKind);
    }

    [Theory, Trait("Category", "Matrix")]
    [InlineData("schedule-fired")]
    [InlineData("schedule-queued")]
    public async Task A_fire_whose_Runner_died_is_taken_up_or_passed_by_a_later_one_and_no_instant_has_two_runs(string point)
    {
        AddConnection();
        await RecordFiresAsync();
        runner.Signal("KILL");
        await runner.WaitForExitAsync();
        await using var dying = await StartAsync(($"FaultPoints__{point}", "kill"));
        await CreateAsync(dying, new { connection = "c", interval = "1s" });
        await dying.WaitForExitAsync();
        var due = DateTimeOffset.FromUnixTimeSeconds(await CountAsync("select (sched_time - 621355968000000000) / 10000000 from qrtz_fired_triggers where state = 'EXECUTING'"));
        await using var heir = await StartAsync();

        await Wait.ForAsync("the fire is taken up", async () => await CountAsync($"select count(*) from qrtz_fired_triggers where instance_name not in (select instance_name from qrtz_scheduler_state)") == 0
            && (await FiresAsync()).Any(f => f.Due >= due.UtcDateTime), FireTimeout);
        await WaitForFiresAsync((await FiresAsync()).Count + 1);

        AssertNoneTwice(await FiresAsync());
    }

    [Fact]
    public async Task Missed_fires_are_caught_up_once()
    {
        AddConnection("interval");
        AddConnection("cron");
        await RecordFiresAsync();
        var schedules = new[] { await CreateAsync(runner, new { connection = "interval", interval = "1h" }), await CreateAsync(runner, new { connection = "cron", cron = "0 * * * *" }) };

        await LetPassAsync(TimeSpan.FromHours(7.5));

        foreach (var schedule in schedules)
        {
            var next = default(DateTimeOffset);
            await Wait.ForAsync("the schedule goes on", async () => await GetAsync(runner, Id(schedule)) is var now && now.GetProperty("last_run_id").ValueKind == System.Text.Json.JsonValueKind.String
                && (next = now.GetProperty("next_fire_at").GetDateTimeOffset()) > DateTimeOffset.UtcNow, FireTimeout);
            Assert.InRange(next, DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddHours(1));
        }

        Assert.Equal(2, (await FiresAsync()).Count);
    }

    [Fact]
    public async Task Jitter_puts_the_start_off_and_one_start_waits_at_most()
    {
        AddConnection();
        await RecordFiresAsync();
        var schedule = await CreateAsync(runner, new { connection = "c", interval = "1s", jitter_seconds = 3600 });

        await Wait.ForAsync("the start is put off", async () => await CountAsync("select count(*) from qrtz_triggers where trigger_group = 'schedules-put-off'") == 1, FireTimeout);
        Assert.Empty(await FiresAsync());
        Assert.Equal(1, await CountAsync($"select count(*) from qrtz_triggers where trigger_group = 'schedules-put-off' and next_fire_time <= {DateTimeOffset.UtcNow.AddHours(1).Ticks}"));
        await ExecuteAsync($"update qrtz_triggers set next_fire_time = {DateTimeOffset.UtcNow.Ticks} where trigger_group = 'schedules-put-off'");
        await WaitForFiresAsync(1);

        await runner.Client.DeleteAsync($"/v1/schedules/{Id(schedule)}", TestContext.Current.CancellationToken);
        Assert.Equal(0, await CountAsync("select count(*) from qrtz_triggers"));
    }

    [Fact]
    public async Task A_fire_that_finds_no_Registry_is_tried_again_for_its_instant()
    {
        AddConnection();
        await RecordFiresAsync();
        await CreateAsync(runner, new { connection = "c", interval = "1h" });
        var (refusals, asked) = (2, DateTime.MaxValue);
        peers.Registry.OnResolve = () =>
        {
            asked = asked == DateTime.MaxValue ? DateTime.UtcNow : asked;
            if (Interlocked.Decrement(ref refusals) >= 0)
                throw new Grpc.Core.RpcException(new(Grpc.Core.StatusCode.Unavailable, "restarting"));
        };

        await LetPassAsync(TimeSpan.FromHours(1.5));

        await WaitForFiresAsync(1);
        Assert.True(refusals < 0);
        Assert.True(Assert.Single(await FiresAsync()).Due <= asked);
    }

    [Fact]
    public async Task An_instant_that_was_served_starts_nothing()
    {
        AddConnection();
        await RecordFiresAsync();
        var schedule = await CreateAsync(runner, new { connection = "c", interval = "1s" });
        await ExecuteAsync("update schedules set last_due_at = now() + interval '1 hour'");
        var before = (await FiresAsync()).Count;
        var begun = DateTimeOffset.UtcNow;

        // Quartz goes from instant to instant all the same.
        await Wait.ForAsync("some instants have passed", async () => (await GetAsync(runner, Id(schedule))).GetProperty("next_fire_at").GetDateTimeOffset() > begun.AddSeconds(SomeFires), FireTimeout);

        Assert.Equal(before, (await FiresAsync()).Count);
    }

    [Fact, Trait("Category", "Matrix")]
    public async Task A_database_that_was_away_is_found_again_and_what_was_missed_is_caught_up()
    {
        AddConnection();
        await RecordFiresAsync();
        await CreateAsync(runner, new { connection = "c", interval = "1s" });
        await WaitForFiresAsync(1);

        var name = new NpgsqlConnectionStringBuilder(database).Database;
        await using (var server = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database) { Database = "postgres", Pooling = false }.ConnectionString))
        {
            await server.OpenAsync(TestContext.Current.CancellationToken);
            await SqlAsync(server, $"alter database \"{name}\" allow_connections false");
            await SqlAsync(server, $"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'");
            // The time that the database is away is what this is about.
            await Task.Delay(Outage, TestContext.Current.CancellationToken);
            await SqlAsync(server, $"alter database \"{name}\" allow_connections true");
        }

        NpgsqlConnection.ClearAllPools();
        await WaitForFiresAsync((await FiresAsync()).Count + SomeFires);
        AssertNoneTwice(await FiresAsync());
    }

    [Fact]
    public async Task A_schedule_goes_with_its_connection()
    {
        AddConnection();
        var schedule = await CreateAsync(runner, new { connection = "c", interval = "1s" });

        peers.Registry.Connections.Clear();

        await Wait.ForAsync("the schedule is gone", async () => await CountAsync("select count(*) from schedules") + await CountAsync("select count(*) from qrtz_triggers") == 0, FireTimeout);
        using var answer = await runner.Client.GetAsync($"/v1/schedules/{Id(schedule)}", TestContext.Current.CancellationToken);
        Assert.Equal(System.Net.HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact, Trait("Category", "Matrix")]
    public async Task Replicas_that_start_at_once_on_an_empty_database_share_one_schedule()
    {
        database = Servers.PostgresConnectionString("replicas");
        var replicas = await Task.WhenAll(StartAsync(), StartAsync(), StartAsync());
        try
        {
            AddConnection();
            await RecordFiresAsync();
            await CreateAsync(replicas[0], new { connection = "c", interval = "1s" });
            await WaitForFiresAsync(SomeFires);
            AssertNoneTwice(await FiresAsync());
            await Wait.ForAsync("all replicas take part", async () => await CountAsync("select count(*) from qrtz_scheduler_state") == 3, FireTimeout);
        }
        finally
        {
            foreach (var replica in replicas)
                await replica.DisposeAsync();
        }
    }

    [Fact, Trait("Category", "Matrix")]
    public async Task Runners_are_killed_again_and_again_and_no_instant_is_served_twice_nor_a_schedule_lost()
    {
        AddConnection();
        AddConnection("d");
        await RecordFiresAsync();
        await CreateAsync(runner, new { connection = "c", interval = "1s" });
        await CreateAsync(runner, new { connection = "d", interval = "2s", jitter_seconds = 1 });
        for (var round = 0; round < 6; round++)
        {
            await using var other = await StartAsync((round % 2 == 0 ? "FaultPoints__schedule-fired" : "FaultPoints__schedule-queued", $"kill:{round + 1}"));
            await Task.WhenAny(other.WaitForExitAsync(), Task.Delay(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
            await WaitForFiresAsync((await FiresAsync()).Count + SomeFires);
        }

        Assert.Equal(0, await CountAsync("select count(*) - count(distinct due) from (select f.due, r.connection from fires f join runs r on r.id = f.run) x where connection = 'c'"));
        Assert.Equal(2, await CountAsync("select count(distinct r.connection) from fires f join runs r on r.id = f.run"));
    }

    private Task WaitForFiresAsync(int count) => Wait.ForAsync($"{count} fires", async () => (await FiresAsync()).Count >= count, FireTimeout);

    private static async Task SqlAsync(NpgsqlConnection server, string sql)
    {
        await using var command = new NpgsqlCommand(sql, server);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}
