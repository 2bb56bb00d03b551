using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Aspire.Hosting.Testing;

namespace Platform.Tests.Chaos;

/// <summary>Whatever a connector does, its run ends in the right state and in time, with the right code, and the invariants hold.</summary>
public sealed class ChaosTests(PlatformFixture platform) : IAsyncLifetime
{
    private const int Healthy = 30;
    private const long MemoryLimit = 700L << 20;
    private static readonly TimeSpan CancelLimit = TimeSpan.FromSeconds(5);

    // What a process that was killed needs to disappear.
    private static readonly TimeSpan OrphanLimit = TimeSpan.FromSeconds(5);

    private static readonly HashSet<string> Often = ["exit-1 middle", "hang middle", "leak middle", "empty-key middle", "fork middle", "page-after-end middle", "wrong-line middle"];

    private readonly ChaosConnectors connectors = new(platform);
    private EndEvents events = null!;

    public static IEnumerable<TheoryDataRow<string, ChaosFault>> Some => Cases(often: true);

    public static IEnumerable<TheoryDataRow<string, ChaosFault>> Others => Cases(often: false);

    public async ValueTask InitializeAsync() =>
        events = await EndEvents.ListenAsync((await platform.App.GetConnectionStringAsync("messaging"))!);

    public async ValueTask DisposeAsync()
    {
        File.Delete(connectors.StartFile);
        await events.DisposeAsync();
    }

    [Theory, MemberData(nameof(Some))]
    public Task A_misbehaving_connector_harms_nothing(string protocol, ChaosFault fault) => ProveAsync(protocol, fault);

    [Theory, MemberData(nameof(Others)), Trait("Category", "Matrix")]
    public Task Every_other_misbehaviour_harms_nothing_either(string protocol, ChaosFault fault) => ProveAsync(protocol, fault);

    [Theory, Trait("Category", "Matrix")]
    [InlineData("platform", "hang"), InlineData("platform", "stopped"), InlineData("platform", "eat-cpu"), InlineData("platform", "linger")]
    [InlineData("c1", "hang"), InlineData("c1", "stopped"), InlineData("c1", "eat-cpu"), InlineData("c1", "linger")]
    public async Task A_cancelled_run_ends_in_time_whatever_its_connector_does(string protocol, string fault)
    {
        var name = await ConnectAsync(protocol, new JsonObject { ["fault"] = fault, ["pages"] = 1_000_000, ["pause_ms"] = 20 });
        var run = await platform.Api.StartAsync(name);
        await Limits.UntilAsync("the first page", Limits.Run, async () =>
            await platform.Api.GetAsync($"/v1/runs/{run["id"]}") is { } now && (long)now["counts"]!["received"]! > 0 ? now : null);

        var asked = DateTime.UtcNow;
        await platform.Api.SendAsync(HttpMethod.Post, $"/v1/runs/{run["id"]}/cancel");
        var end = await platform.Api.EndAsync(run);

        Assert.Equal("cancelled", (string?)end["state"]);
        Assert.InRange((DateTime)end["finished_at"]! - asked, TimeSpan.Zero, CancelLimit);
    }

    private async Task ProveAsync(string protocol, ChaosFault fault)
    {
        var secret = "hush-" + Guid.NewGuid().ToString("N");
        var mark = RandomNumberGenerator.GetInt32(100_000, 999_999);
        var name = await ConnectAsync(protocol, new JsonObject());
        var healthy = await platform.Api.SyncAsync(name);
        Assert.True((string?)healthy["state"] == "succeeded", healthy.ToJsonString());
        var before = await KeysAsync(name);
        Assert.Equal(Healthy, before.Count);
        await ChangeAsync(name, fault, fault.Options(secret, mark));

        if (fault.AtStart)
            await File.WriteAllTextAsync(connectors.StartFile, fault.Fault, TestContext.Current.CancellationToken);
        var run = await platform.Api.SyncAsync(name);
        File.Delete(connectors.StartFile);

        Assert.True((string?)run["state"] == fault.State && (string?)run["error"]?["code"] == fault.Code, run.ToJsonString());
        if (fault.Code is null)
            Assert.Equal(Healthy + fault.Extra, (long)run["counts"]!["received"]!);
        await Limits.UntilAsync("what escaped to be gone", OrphanLimit, () => Task.FromResult(PlatformState.ProcessesWith($"sleep\0{mark}").Count == 0 ? "gone" : null));
        IEnumerable<(string, string)> places = [("the run", run.ToJsonString()), ("its log", await LogAsync(run)), .. await new PlatformState(platform).RowsWithAsync(secret)];
        string[] wrong = [
            .. RunChecks.Sweep(run, before, await KeysAsync(name)),
            .. RunChecks.Counts(run, await events.CountsOfAsync(run)),
            .. RunChecks.Secrets(secret, [.. places, .. events.Texts]),
            .. RunChecks.Memory(PlatformState.Peaks(), MemoryLimit)];
        Assert.Empty(wrong);
    }

    private static IEnumerable<TheoryDataRow<string, ChaosFault>> Cases(bool often) =>
        from fault in ChaosFault.All
        from protocol in (string[])["platform", "c1"]
        where (fault.Only ?? protocol) == protocol && (Often.Contains(fault.ToString()) && (protocol == "platform" || fault.Fault == "exit-1")) == often
        select new TheoryDataRow<string, ChaosFault>(protocol, fault) { TestDisplayName = $"{protocol}: {fault}{(fault.AtStart ? " (at its start)" : "")}" };

    private async Task<string> ConnectAsync(string protocol, JsonObject options)
    {
        var connector = await connectors.InstallAsync(protocol);
        var name = $"chaos-{Guid.NewGuid().ToString("N")[..12]}";
        await platform.Api.ConnectAsync(name, connector, options);
        return name;
    }

    private async Task ChangeAsync(string name, ChaosFault fault, JsonObject options)
    {
        using var change = new HttpRequestMessage(HttpMethod.Patch, $"/v1/connections/{name}")
        {
            Content = JsonContent.Create(new JsonObject
            {
                ["options"] = options,
                ["max_attempts"] = 2,
                ["max_delete_fraction"] = 1,
                ["idle_seconds"] = fault.IdleSeconds,
                ["first_page_seconds"] = fault.FirstPageSeconds,
            }),
        };
        change.Headers.TryAddWithoutValidation("If-Match", "*");
        using var response = await platform.Api.Http.SendAsync(change);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    // As events, to its end.
    private Task<string> LogAsync(JsonNode run) => platform.Api.Http.GetStringAsync($"/v1/runs/{run["id"]}/log");

    private async Task<IReadOnlySet<string>> KeysAsync(string name) => (await platform.Api.ObjectsAsync(name)).Select(o => (string)o["remote_id"]!).ToHashSet();
}
