using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Platform.Servers;

namespace Platform.Runner.Tests;

/// <summary>What the API says and does; when they fire is in <see cref="ScheduleFireTests"/>.</summary>
public sealed class ScheduleTests(ServersFixture servers, GoConnectors connectors) : ScheduleTest(servers, connectors)
{
    [Fact]
    public async Task A_schedule_is_made_shown_changed_and_deleted()
    {
        AddConnection();
        AddConnection("d");
        var before = DateTimeOffset.UtcNow;
        using var created = await runner.Client.PostAsJsonAsync("/v1/schedules", new { connection = "c", interval = "90m", jitter_seconds = 30 }, TestContext.Current.CancellationToken);
        var schedule = await created.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        var path = created.Headers.Location!.ToString();

        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        Assert.Equal($"/v1/schedules/{Id(schedule)}", path);
        Assert.Equal(("default", "1h30m", "Etc/UTC", 30, true, "tester"), (Text(schedule, "name"), Text(schedule, "interval"), Text(schedule, "time_zone"),
            schedule.GetProperty("jitter_seconds").GetInt32(), schedule.GetProperty("enabled").GetBoolean(), Text(schedule, "actor")));
        Assert.InRange(schedule.GetProperty("next_fire_at").GetDateTimeOffset(), before.AddMinutes(90).AddSeconds(-2), before.AddMinutes(91));
        Assert.Equal(JsonValueKind.Null, schedule.GetProperty("last_fired_at").ValueKind);

        var nightly = await CreateAsync(runner, new { connection = "d", name = "nightly", cron = "0 3 * * *", time_zone = "Asia/Tokyo" });
        Assert.Equal(18, nightly.GetProperty("next_fire_at").GetDateTimeOffset().UtcDateTime.Hour);
        var first = await runner.Client.GetFromJsonAsync<JsonElement>("/v1/schedules?limit=1", TestContext.Current.CancellationToken);
        var second = await runner.Client.GetFromJsonAsync<JsonElement>($"/v1/schedules?limit=1&cursor={Text(first, "next")}", TestContext.Current.CancellationToken);
        var ofOne = await runner.Client.GetFromJsonAsync<JsonElement>("/v1/schedules?connection=d", TestContext.Current.CancellationToken);
        Assert.Equal(["c", "d", "d"], new[] { first, second, ofOne }.Select(page => Text(Assert.Single(page.GetProperty("items").EnumerateArray()), "connection")));
        Assert.Equal(JsonValueKind.Null, second.GetProperty("next").ValueKind);

        await AssertRefusedAsync(await PatchAsync(path, """{"enabled": false}""", null), 428, "if_match_required");
        await AssertRefusedAsync(await PatchAsync(path, """{"enabled": false}""", "\"7\""), 412, "etag_mismatch");
        await AssertRefusedAsync(await PatchAsync(path, """{"cron": "x", "jitter_seconds": -1}""", "\"1\""), 422, "invalid_schedule");
        using var changed = await PatchAsync(path, """{"cron": "30 4 1 * mon", "enabled": false}""", created.Headers.ETag!.Tag);
        var paused = await changed.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        Assert.Equal(("30 4 1 * mon", "\"2\"", JsonValueKind.Null, JsonValueKind.Null), (Text(paused, "cron"), changed.Headers.ETag!.Tag,
            paused.GetProperty("interval").ValueKind, paused.GetProperty("next_fire_at").ValueKind));
        Assert.Equal(1, await CountAsync("select count(*) from qrtz_triggers"));

        using var resumed = await PatchAsync(path, """{"enabled": true}""", "*");
        Assert.Equal(JsonValueKind.String, (await resumed.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("next_fire_at").ValueKind);
        Assert.Equal(2, await CountAsync("select count(*) from qrtz_triggers"));

        // Changed while they are switched on, they fire by the change at once.
        var yearly = await ChangedAsync(path, """{"cron": "30 4 1 2 *"}""");
        Assert.Equal((2, 1, 4, 30), (yearly.Month, yearly.Day, yearly.Hour, yearly.Minute));
        Assert.Equal((2, 1, 19, 30), await ChangedAsync(path, """{"time_zone": "Asia/Tokyo", "cron": "30 4 2 2 *"}""") is var tokyo ? (tokyo.Month, tokyo.Day, tokyo.Hour, tokyo.Minute) : default);
        await ExecuteAsync("update schedules set anchor_at = anchor_at - interval '1 hour'");
        Assert.InRange(await ChangedAsync(path, """{"interval": "2h"}"""), DateTimeOffset.UtcNow.AddMinutes(119), DateTimeOffset.UtcNow.AddMinutes(121));

        using var deleted = await runner.Client.DeleteAsync(path, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        Assert.Equal(1, await CountAsync("select count(*) from qrtz_triggers"));
        await AssertRefusedAsync(await runner.Client.GetAsync(path, TestContext.Current.CancellationToken), 404, "unknown_schedule");
    }

    [Fact]
    public async Task What_can_not_be_is_refused()
    {
        AddConnection();
        await CreateAsync(runner, new { connection = "c", interval = "1h" });

        await AssertRefusedAsync(await PostAsync(new { connection = "c", interval = "2h" }), 409, "schedule_exists");
        await AssertRefusedAsync(await PostAsync(new { connection = "gone", interval = "2h" }), 404, "unknown_connection");
        await AssertRefusedAsync(await PostAsync(new { connection = "c", cron = "0 0 30 2 *" }), 422, "invalid_schedule");
        await AssertRefusedAsync(await PostAsync("text"), 422, "invalid_schedule");
        await AssertRefusedAsync(await runner.Client.GetAsync("/v1/schedules?cursor=x", TestContext.Current.CancellationToken), 400, "bad_cursor");
        await AssertRefusedAsync(await runner.Client.DeleteAsync("/v1/schedules/x", TestContext.Current.CancellationToken), 404, "unknown_schedule");
        var other = await CreateAsync(runner, new { connection = "c", name = "other", interval = "1h" });
        await AssertRefusedAsync(await PatchAsync($"/v1/schedules/{Id(other)}", """{"name": "default"}""", "\"1\""), 409, "schedule_exists");
        Assert.Equal(2, await CountAsync("select count(*) from qrtz_triggers"));
    }

    [Fact]
    public async Task A_schedule_is_triggered_by_hand_also_while_it_is_paused()
    {
        AddConnection();
        var schedule = await CreateAsync(runner, new { connection = "c", interval = "1h", jitter_seconds = 3600, enabled = false });

        using var response = await runner.Client.PostAsync($"/v1/schedules/{Id(schedule)}/trigger", null, TestContext.Current.CancellationToken);
        var run = await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal($"/v1/runs/{Id(run)}", response.Headers.Location!.ToString());
        Assert.Equal("tester", Text(run, "actor"));
        var after = await GetAsync(runner, Id(schedule));
        Assert.Equal(Id(run), Text(after, "last_run_id"));
        Assert.Equal(JsonValueKind.String, after.GetProperty("last_fired_at").ValueKind);
    }

    [Fact]
    public async Task Triggers_that_do_not_follow_from_the_schedules_are_put_right()
    {
        AddConnection();
        var lost = await CreateAsync(runner, new { connection = "c", name = "lost", interval = "1h" });
        var failed = await CreateAsync(runner, new { connection = "c", name = "failed", cron = "0 3 * * *" });
        var deleted = await CreateAsync(runner, new { connection = "c", name = "deleted", interval = "1h" });
        var outdated = await CreateAsync(runner, new { connection = "c", name = "outdated", interval = "1h" });
        await ExecuteAsync(
            $"""
            delete from qrtz_simple_triggers where trigger_name = '{Id(lost)}'; delete from qrtz_triggers where trigger_name = '{Id(lost)}';
            update qrtz_triggers set trigger_state = 'ERROR' where trigger_name = '{Id(failed)}';
            delete from schedules where id = '{Id(deleted)}';
            update schedules set interval_seconds = 7200, revision = 2 where id = '{Id(outdated)}';
            """);
        await using var second = await StartAsync();

        await Wait.ForAsync("as many triggers as schedules", async () => await CountAsync(Platform.Runner.Schedules.ScheduleTriggers.DifferencesSql.Insert(0, "select count(*) from (") + ") d") == 0, FireTimeout);

        var next = (await GetAsync(second, Id(outdated))).GetProperty("next_fire_at").GetDateTimeOffset();
        Assert.InRange(next, DateTimeOffset.UtcNow.AddMinutes(110), DateTimeOffset.UtcNow.AddMinutes(121));
        Assert.Equal(3, await CountAsync("select count(*) from qrtz_triggers where trigger_state = 'WAITING'"));
    }

    // When it fires next.
    private async Task<DateTimeOffset> ChangedAsync(string path, string body)
    {
        using var response = await PatchAsync(path, body, "*");
        return (await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("next_fire_at").GetDateTimeOffset();
    }

    private async Task<HttpResponseMessage> PostAsync(object body) => await runner.Client.PostAsJsonAsync("/v1/schedules", body, TestContext.Current.CancellationToken);

    private async Task<HttpResponseMessage> PatchAsync(string path, string body, string? ifMatch)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, path) { Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json") };
        if (ifMatch is not null)
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        return await runner.Client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private static async Task AssertRefusedAsync(HttpResponseMessage response, int status, string code)
    {
        using (response)
        {
            var problem = await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
            Assert.Equal((status, code), ((int)response.StatusCode, Text(problem, "code")));
        }
    }

    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();
}
