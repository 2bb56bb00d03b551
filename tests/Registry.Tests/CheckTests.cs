using Grpc.Core;
using Grpc.Net.Client;
using Platform.ServiceDefaults;
using static Platform.Registry.Tests.RegistryFixture;
using Client = Platform.Registry.V1.Registry.RegistryClient;

namespace Platform.Registry.Tests;

/// <summary>A version is used only once a Runner has started it.</summary>
[Collection(nameof(ServiceRing))]
public sealed class CheckTests(RegistryFixture registry)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private RunnerPeer Runner => registry.Peers.Runner;

    [Fact]
    public async Task A_version_that_does_not_start_is_rejected_and_the_previous_one_runs_on()
    {
        await registry.Install(Manifest("check-bad"), id => Success(id));
        Runner.Checks["check-bad"] = _ => throw Peers.Problem(StatusCode.FailedPrecondition, 409, "handshake_failed", "It printed nonsense.", "Print a handshake.");

        var record = await registry.Install(Manifest("check-bad", "./newer"), id => Success(id, 'b'));

        var error = record.GetProperty("error");
        Assert.Equal(("failed", "version_check_failed", "Print a handshake."), (
            record.GetProperty("state").GetString(), error.GetProperty("code").GetString(), error.GetProperty("remedy").GetString()));
        Assert.Contains("handshake_failed: It printed nonsense.", error.GetProperty("message").GetString());
        Assert.Equal(["2 rejected", "1 ready*"], await registry.Versions("check-bad"));
        Assert.Equal("version_check_failed", (await registry.Heard("connector.install-failed.check-bad", record.GetProperty("id").GetGuid()))
            .Body.GetProperty("error").GetProperty("code").GetString());
        Assert.DoesNotContain(registry.Events.Heard, e => e.RoutingKey == "connector.installed.check-bad" && e.Text.Contains("\"version\":2"));
    }

    [Fact]
    public async Task A_Runner_is_told_all_that_a_run_would_tell_it()
    {
        const string manifest = """
            {"name": "check-told", "source": "Local", "uri": "/srv/x", "command": "./run me", "auto_mtls": true, "env": {"A": "b"}, "limits": {"memory_mb": 64, "start_seconds": 7}}
            """;
        await registry.Install(manifest, id => Success(id, 'c'));
        var start = Assert.Single(Runner.Described, d => d.Connector == "check-told").Start;
        Assert.Equal((new string('c', 64), "c1", "./run me", true, "b", 64, false, 7), (
            start.Digest, start.Protocol, start.Command, start.AutoMtls, start.Env["A"], start.Limits.MemoryMb, start.Limits.HasProcesses, start.Limits.StartSeconds));
    }

    [Fact]
    public async Task A_connector_whose_only_version_was_rejected_is_in_no_list_and_its_number_is_not_given_again()
    {
        Runner.Checks["check-only"] = _ => throw Peers.Problem(StatusCode.FailedPrecondition, 409, "start_timeout", "It said nothing.");
        Assert.Equal("failed", (await registry.Install(Manifest("check-only"), id => Success(id))).GetProperty("state").GetString());

        Assert.Equal("unknown_connector", (await registry.Get("/v1/connectors/check-only", 404)).GetProperty("code").GetString());
        Assert.DoesNotContain((await registry.Get("/v1/connectors?limit=1000")).GetProperty("items").EnumerateArray(), c => c.GetProperty("name").GetString() == "check-only");
        Assert.Equal("unknown_connector", (await registry.Post("/v1/connections", ConnectionTests.Connection("check-only", "check-only", "{}"), 404)).GetProperty("code").GetString());
        Assert.Equal("unknown_connector", (await registry.Post("/v1/connectors/check-only/update", "", 404)).GetProperty("code").GetString());
        Assert.Equal("unknown_connector", (await registry.Post("/v1/connectors/check-only/rollback", "", 404)).GetProperty("code").GetString());
        Assert.Equal(["1 rejected"], await registry.Versions("check-only"));

        await registry.Delete("/v1/connectors/check-only/versions/1");
        Runner.Checks.TryRemove("check-only", out _);
        await registry.Install(Manifest("check-only"), id => Success(id));
        Assert.Equal(["2 ready*"], await registry.Versions("check-only"));
    }

    [Fact]
    public async Task While_a_version_is_checked_the_old_one_is_current_and_can_be_rolled_back_and_success_moves_forward()
    {
        await registry.Install(Manifest("check-slow", "./1"), id => Success(id, 'a'));
        await registry.Install(Manifest("check-slow", "./2"), id => Success(id, 'b'));
        var answer = new TaskCompletionSource();
        Runner.Checks["check-slow"] = answer.Task.WaitAsync;

        var id = await registry.InstallUpToCheck(Manifest("check-slow", "./3"), 'c');

        var shown = await registry.Get($"/v1/installs/{id}");
        Assert.Equal(("running", 3, new string('c', 64)), (shown.GetProperty("state").GetString(), shown.GetProperty("version").GetInt32(), shown.GetProperty("digest").GetString()));
        Assert.Equal(["3 checking", "2 ready*", "1 ready"], await registry.Versions("check-slow"));
        Assert.Equal("install_running", (await registry.Post("/v1/connectors", Manifest("check-slow"), 409)).GetProperty("code").GetString());
        // Neither a late word nor a repeated answer leads back.
        await registry.Installer.SendAsync(new Contracts.InstallProgressed(id, "packing"), Cancel);
        await registry.Installer.SendAsync(Success(id, 'd'), Cancel);
        Assert.Equal(1, (await registry.Post("/v1/connectors/check-slow/rollback", "", 200)).GetProperty("version").GetInt32());
        Assert.Equal("version_not_ready", (await registry.Post("/v1/connectors/check-slow/rollback", """{"version": 3}""", 409)).GetProperty("code").GetString());
        Assert.Equal("version_in_use", (await registry.Delete("/v1/connectors/check-slow/versions/3", 409)).GetProperty("code").GetString());
        Assert.Equal("checking", (await registry.Get($"/v1/installs/{id}")).GetProperty("stage").GetString());

        answer.SetResult();
        Assert.Equal("succeeded", (await registry.Finished(id)).GetProperty("state").GetString());
        Assert.Equal(["3 ready*", "2 ready", "1 ready"], await registry.Versions("check-slow"));
        Assert.Equal(3, (await registry.Heard("connector.installed.check-slow", id)).Body.GetProperty("version").GetInt32());
    }

    [Fact]
    public async Task What_was_ready_once_is_current_at_once_and_not_checked_again()
    {
        await registry.Install(Manifest("check-same"), id => Success(id, 'a'));
        await registry.Install(Manifest("check-same"), id => Success(id, 'b'));
        Runner.Checks["check-same"] = _ => throw Peers.Problem(StatusCode.FailedPrecondition, 409, "handshake_failed", "Not again.");

        var record = await registry.Install(Manifest("check-same"), id => Success(id, 'a'));

        Assert.Equal(("succeeded", 1), (record.GetProperty("state").GetString(), record.GetProperty("version").GetInt32()));
        Assert.Equal(["2 ready", "1 ready*"], await registry.Versions("check-same"));
        Assert.Equal(1, (await registry.Heard("connector.installed.check-same", record.GetProperty("id").GetGuid())).Body.GetProperty("version").GetInt32());
        // A rejected one is no proof of anything.
        await registry.Install(Manifest("check-same"), id => Success(id, 'c'));
        await registry.Install(Manifest("check-same"), id => Success(id, 'c'));
        Assert.Equal(["4 rejected", "3 rejected", "2 ready", "1 ready*"], await registry.Versions("check-same"));
    }

    [Fact]
    public async Task A_Runner_that_can_not_say_is_asked_again()
    {
        var asked = 0;
        Runner.Checks["check-again"] = _ => Interlocked.Increment(ref asked) switch
        {
            1 => throw Peers.Problem(StatusCode.Unavailable, 503, "installer_unavailable", "The store is away."),
            2 => throw new RpcException(new Status(StatusCode.Unavailable, "gone")),
            3 => throw new InvalidOperationException("a defect"),
            _ => Task.CompletedTask,
        };
        Assert.Equal("succeeded", (await registry.Install(Manifest("check-again"), id => Success(id))).GetProperty("state").GetString());
        Assert.Equal(4, asked);
    }

    [Fact]
    public async Task Runs_that_are_prepared_while_versions_change_get_one_version_whole_and_the_new_one_after_the_answer()
    {
        const string name = "check-load";
        await registry.Install(Manifest(name, "./1"), id => Success(id, 'a'));
        await registry.Install(Manifest(name, "./2"), id => Success(id, 'b'));
        var connection = (await registry.Post("/v1/connections", ConnectionTests.Connection(name, name, "{}"), 201)).GetProperty("id").GetString();
        using var channel = GrpcChannel.ForAddress(registry.Host.GrpcAddress);
        var (client, secret) = (new Client(channel), new Metadata { { InternalSecret.Header, RegistryHost.Secret } });
        async Task<int> Prepare()
        {
            var run = await client.PrepareRunAsync(new() { ConnectionId = connection }, secret, DateTime.UtcNow.AddSeconds(15), Cancel);
            Assert.Equal(run.Version switch { 1 => (new string('a', 64), "./1"), 2 => (new string('b', 64), "./2"), _ => default }, (run.Start.Digest, run.Start.Command));
            return run.Version;
        }

        using var done = new CancellationTokenSource();
        var load = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            var seen = new HashSet<int>();
            while (!done.IsCancellationRequested) seen.Add(await Prepare());
            return seen;
        })).ToList();
        for (var i = 0; i < 40; i++)
        {
            var version = 1 + (i % 2);
            await registry.Post($"/v1/connectors/{name}/rollback", $$"""{"version": {{version}}}""", 200);
            Assert.Equal(version, await Prepare());
        }
        await done.CancelAsync();
        Assert.Equal([1, 2], (await Task.WhenAll(load)).SelectMany(seen => seen).Distinct().Order());
    }
}
