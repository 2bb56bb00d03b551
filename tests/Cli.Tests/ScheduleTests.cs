using System.Text.Json;

namespace Platform.Cli.Tests;

public sealed class ScheduleTests
{
    private const string Id = "0199a1b2-0000-7000-8000-000000000007";
    private const string Schedule = $$"""
        {"id":"{{Id}}","connection":"docs","connection_id":"0199a1b2-0000-7000-8000-000000000001","name":"nightly","cron":"0 3 * * *","interval":null,"time_zone":"Europe/Berlin","jitter_seconds":60,"enabled":true,"next_fire_at":"2026-01-02T02:00:00Z","last_fired_at":null,"last_run_id":null}
        """;
    private const string Described = $"docs/nightly ({Id}) fires next at 2026-01-02 02:00:00Z";

    [Fact]
    public async Task One_is_created_as_it_was_asked_for()
    {
        await using var stub = (await StubGateway.StartAsync()).On("POST /v1/schedules", Schedule, 201);

        var answer = await Cli.RunAsync(stub.Url, "schedules", "create", "docs", "--cron", "0 3 * * *", "--time-zone", "Europe/Berlin", "--jitter", "60", "--name", "nightly");

        Assert.Equal(new Answer(0, $"Created schedule {Described}.", ""), answer);
        Assert.Equal("""{"connection":"docs","name":"nightly","cron":"0 3 * * *","time_zone":"Europe/Berlin","jitter_seconds":60}""", stub.Requests.Last().Body);
        Assert.Equal(0, (await Cli.RunAsync(stub.Url, "schedules", "create", "docs", "--every", "1h", "--json")).ExitCode);
        Assert.Equal("""{"connection":"docs","interval":"1h"}""", stub.Requests.Last().Body);
    }

    [Fact]
    public async Task They_are_listed_over_all_pages_and_shown()
    {
        await using var stub = (await StubGateway.StartAsync())
            .On("GET /v1/schedules?connection=docs", $$"""{"items":[{{Schedule}}],"next":"n1"}""")
            .On("GET /v1/schedules?connection=docs&cursor=n1", $$"""{"items":[{{Schedule.Replace("\"cron\":\"0 3 * * *\",\"interval\":null", "\"cron\":null,\"interval\":\"1h\"", StringComparison.Ordinal)}}],"next":null}""")
            .On($"GET /v1/schedules/{Id}", Schedule);

        var answer = await Cli.RunAsync(stub.Url, "schedules", "list", "--connection", "docs");

        Assert.Equal(
            $"id\tconnection\tname\twhen\tenabled\tnext\tlast\n{Id}\tdocs\tnightly\t0 3 * * * Europe/Berlin\tyes\t2026-01-02 02:00:00Z\t\n{Id}\tdocs\tnightly\tevery 1h\tyes\t2026-01-02 02:00:00Z\t",
            answer.Output.TrimEnd('\n'));
        Assert.Equal(2, JsonDocument.Parse((await Cli.RunAsync(stub.Url, "schedules", "list", "--connection", "docs", "--json")).Output).RootElement.GetProperty("items").GetArrayLength());
        Assert.Equal(Id, JsonDocument.Parse((await Cli.RunAsync(stub.Url, "schedules", "show", Id, "--json")).Output).RootElement.GetProperty("id").GetString());
    }

    [Fact]
    public async Task One_is_changed_paused_resumed_triggered_and_deleted()
    {
        string? ifMatch = null;
        await using var stub = (await StubGateway.StartAsync())
            .On($"PATCH /v1/schedules/{Id}", async context =>
            {
                ifMatch = context.Request.Headers.IfMatch;
                context.Response.ContentType = "application/json";
                await context.Response.Body.WriteAsync(System.Text.Encoding.UTF8.GetBytes(Schedule));
            })
            .On($"POST /v1/schedules/{Id}/trigger", """{"id":"0199a1b2-0000-7000-8000-000000000009","connection":"docs","state":"queued","attempt":0}""", 202)
            .On($"DELETE /v1/schedules/{Id}", context =>
            {
                context.Response.StatusCode = 204;
                return Task.CompletedTask;
            });

        Assert.Equal(new Answer(0, $"Schedule {Described}.", ""), await Cli.RunAsync(stub.Url, "schedules", "update", Id, "--every", "15m"));
        Assert.Equal(("*", """{"interval":"15m"}"""), (ifMatch, stub.Requests.Last().Body));
        await Cli.RunAsync(stub.Url, "schedules", "pause", Id);
        Assert.Equal("""{"enabled":false}""", stub.Requests.Last().Body);
        await Cli.RunAsync(stub.Url, "schedules", "resume", Id);
        Assert.Equal("""{"enabled":true}""", stub.Requests.Last().Body);
        Assert.Equal(new Answer(0, "Run 0199a1b2-0000-7000-8000-000000000009 of docs is queued.", ""), await Cli.RunAsync(stub.Url, "schedules", "trigger", Id));
        Assert.Equal(new Answer(0, $"Deleted schedule {Id}.", ""), await Cli.RunAsync(stub.Url, "schedules", "delete", Id));
    }
}
