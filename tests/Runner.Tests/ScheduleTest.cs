using System.Net.Http.Json;
using System.Text.Json;
using Dapper;
using Npgsql;
using Platform.Servers;

namespace Platform.Runner.Tests;

/// <summary>Schedules of a connection whose runs fail at once, and a record of every fire that the database takes by itself.</summary>
public abstract class ScheduleTest(ServersFixture servers, GoConnectors connectors) : RunnerTest(servers, connectors)
{
    protected static readonly TimeSpan FireTimeout = TimeSpan.FromSeconds(30);
    private const string NoBundle = "0000000000000000000000000000000000000000000000000000000000000000";

    private protected sealed record Fire(DateTime Due, DateTime At, Guid Run);

    private protected static async Task<JsonElement> CreateAsync(RunnerProcess runner, object body)
    {
        using var response = await runner.Client.PostAsJsonAsync("/v1/schedules", body, TestContext.Current.CancellationToken);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, answer.ToString());
        return answer;
    }

    private protected static Task<JsonElement> GetAsync(RunnerProcess runner, string id) =>
        runner.Client.GetFromJsonAsync<JsonElement>($"/v1/schedules/{id}", TestContext.Current.CancellationToken);

    private protected void AddConnection(string name = "c") => peers.Registry.Add(name, NoBundle, "true", "{}");

    private protected Task RecordFiresAsync() => ExecuteAsync(
        """
        create table fires (due timestamptz, at timestamptz not null, run uuid not null);
        create function record_fire() returns trigger language plpgsql as $$
            begin insert into fires values (new.last_due_at, clock_timestamp(), new.last_run_id); return new; end $$;
        create trigger record_fires after update of last_fired_at on schedules for each row execute function record_fire();
        """);

    private protected async Task<IReadOnlyList<Fire>> FiresAsync()
    {
        await using var connection = new NpgsqlConnection(database);
        return (await connection.QueryAsync<Fire>("select due, at, run from fires order by at")).AsList();
    }

    private protected async Task<int> ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(database);
        return await connection.ExecuteAsync(sql);
    }

    private protected async Task<long> CountAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(database);
        return await connection.ExecuteScalarAsync<long>(sql);
    }

    /// <summary>As if so much time had passed without any Runner; Quartz counts in ticks.</summary>
    private protected Task LetPassAsync(TimeSpan time) => ExecuteAsync($"update qrtz_triggers set next_fire_time = next_fire_time - {time.Ticks}, start_time = start_time - {time.Ticks}");

    private protected static void AssertNoneTwice(IReadOnlyList<Fire> fires) => Assert.Empty(fires.GroupBy(f => f.Due).Where(g => g.Count() > 1).Select(g => g.Key));
}
