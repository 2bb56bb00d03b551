using Grpc.Core;
using Platform.Registry.V1;
using Platform.Runner.Processes;
using Platform.Runner.V1;
using Platform.Servers;
using Platform.ServiceDefaults;

namespace Platform.Runner.Tests;

/// <summary>Starting a connector to see whether it can be talked to, and which bundles are in use.</summary>
public sealed class DescribeTests(ServersFixture servers, GoConnectors connectors) : RunnerTest(servers, connectors)
{
    [Fact]
    public async Task A_connector_that_answers_is_described_as_a_run_would_start_it_and_leaves_nothing()
    {
        var reply = await DescribeAsync("./crash-go");

        await runner.WaitForStateAsync(await StartRunAsync("""{"mode": "ok"}"""), RunTimeout, "succeeded");
        var run = await runner.RunAsync(await StartRunAsync("""{"mode": "ok"}""", "other"));
        run = await runner.WaitForStateAsync(Id(run), RunTimeout, "succeeded");
        Assert.Equal(run.GetProperty("isolation").GetString(), reply.Isolation);
        Assert.Equal(1, peers.Bundles.Downloads);
        AssertNothingLeft();
    }

    [Fact]
    public async Task A_connector_that_does_not_start_is_refused_with_the_fault_that_its_run_would_have()
    {
        foreach (var (command, seconds, code, words) in ((string, int, string, string)[])
            [
                ("./crash-go exit-before-handshake", 60, "connector_exited", "code 2"), ("./crash-go wrong-handshake", 60, "handshake_failed", "Listening on port 8080"),
                ("./crash-go wrong-version", 60, "unsupported_protocol_version", "version 7"), ("./crash-go no-handshake", 1, "handshake_timeout", "within 1 s"),
                ("echo about to fail >&2; exit 7", 60, "connector_exited", "about to fail"),
            ])
        {
            var refusal = await Assert.ThrowsAsync<RpcException>(() => DescribeAsync(command, start => start.Limits = new() { StartSeconds = seconds }));

            Assert.Equal(StatusCode.FailedPrecondition, refusal.StatusCode);
            var problem = ProblemException.FromRpc(refusal)!.Problem;
            Assert.Equal(code, problem.Code);
            Assert.Contains(words, problem.Detail, StringComparison.Ordinal);
            Assert.NotNull(problem.Remedy);
            AssertNothingLeft();
        }
    }

    [Fact]
    public async Task A_flood_of_last_words_fits_into_the_answer()
    {
        var refusal = await Assert.ThrowsAsync<RpcException>(() => DescribeAsync("for n in $(seq 60); do printf 'größer – 尺寸 %.0s' $(seq 100); echo; done >&2; exit 3"));

        Assert.Equal("connector_exited", ProblemException.FromRpc(refusal)!.Problem.Code);
    }

    [Fact]
    public async Task A_missing_bundle_an_unknown_protocol_and_limits_above_the_ceilings_are_refused()
    {
        Assert.Equal("bundle_unavailable", await RefusalAsync(start => start.Digest = new string('a', 64)));
        Assert.Equal("unsupported_protocol_version", await RefusalAsync(start => start.Protocol = "smoke signals"));
        Assert.Equal("limits_too_high", await RefusalAsync(start => start.Limits.MemoryMb = 1 << 20));
    }

    [Fact]
    public async Task An_installer_that_is_away_is_not_the_connectors_fault()
    {
        peers.Bundles.OnChunk = _ => throw new RpcException(new(StatusCode.Unavailable, "restarting"));

        var refusal = await Assert.ThrowsAsync<RpcException>(() => DescribeAsync("./crash-go"));

        Assert.Equal((StatusCode.Unavailable, "installer_unavailable"), (refusal.StatusCode, ProblemException.FromRpc(refusal)!.Problem.Code));
    }

    [Fact]
    public async Task Two_are_described_at_once_and_a_third_waits_for_its_turn()
    {
        var digest = peers.Bundles.Add(Connectors.Crash);
        using var leave = new CancellationTokenSource();
        Task<DescribeReply> Begin() => runner.Grpc.DescribeAsync(Request(digest, "./crash-go no-handshake"), cancellationToken: leave.Token).ResponseAsync;
        var three = new[] { Begin(), Begin(), Begin() };
        await Wait.ForAsync("two connectors", () => Started() == 2, RunTimeout);
        // The third has had all the time that the second took.
        await Assert.ThrowsAsync<RpcException>(async () => await runner.Grpc.DescribeAsync(Request(digest, "./crash-go"), deadline: DateTime.UtcNow + TimeSpan.FromSeconds(1), cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal(2, Started());

        await leave.CancelAsync();

        foreach (var one in three)
            await Assert.ThrowsAsync<RpcException>(() => one);
        await Wait.ForAsync("its turn comes", async () => (await DescribeAsync("./crash-go")).Isolation.Length > 0, RunTimeout);
        await Wait.ForAsync("no connector", () => Started() == 0, CancelLimit);

        int Started() => Directory.EnumerateDirectories(temporary).SelectMany(Directory.EnumerateDirectories).Count();
    }

    [Fact]
    public async Task A_bundle_is_in_use_while_its_run_has_not_ended_and_while_it_is_described()
    {
        var other = peers.Bundles.Add([1, 2, 3]);
        var run = await StartRunAsync("""{"mode": "hang"}""");
        var digest = peers.Registry.Connections["c"].Start.Digest;
        await Wait.ForAsync("the first page", () => !peers.Ingest.Pages.IsEmpty, RunTimeout);
        await using var replica = await StartAsync();

        Assert.Equal([digest], await InUseAsync(runner));
        Assert.Equal([digest], await InUseAsync(replica));
        await CancelAsync(run);
        Assert.Empty(await InUseAsync(replica));
        await Wait.ForAsync("given back", async () => (await InUseAsync(runner)).Count == 0, CancelLimit);

        using var leave = new CancellationTokenSource();
        var describe = runner.Grpc.DescribeAsync(Request(digest, "./crash-go no-handshake"), cancellationToken: leave.Token).ResponseAsync;
        await Wait.ForAsync("in use again", async () => (await InUseAsync(runner)).Count == 1, RunTimeout);
        await leave.CancelAsync();
        await Assert.ThrowsAsync<RpcException>(() => describe);
        await Wait.ForAsync("given back again", async () => (await InUseAsync(runner)).Count == 0, CancelLimit);

        async Task<IReadOnlyList<string>> InUseAsync(RunnerProcess asked) => (await asked.Grpc.BundlesInUseAsync(new() { Digests = { digest, other } }, cancellationToken: TestContext.Current.CancellationToken)).Digests;
    }

    [Fact]
    public async Task More_than_a_thousand_digests_at_once_are_refused()
    {
        var request = new BundlesInUseRequest { Digests = { Enumerable.Range(0, 1001).Select(n => $"{n}") } };

        var refusal = await Assert.ThrowsAsync<RpcException>(async () => await runner.Grpc.BundlesInUseAsync(request, cancellationToken: TestContext.Current.CancellationToken));

        Assert.Equal("too_many_digests", ProblemException.FromRpc(refusal)!.Problem.Code);
    }

    [Fact]
    public async Task Without_the_internal_secret_nothing_is_started()
    {
        using var channel = Grpc.Net.Client.GrpcChannel.ForAddress(runner.GrpcAddress);
        var stranger = new V1.Runner.RunnerClient(channel);

        var refusal = await Assert.ThrowsAsync<RpcException>(async () => await stranger.DescribeAsync(Request(peers.Bundles.Add(Connectors.Crash), "./crash-go"), cancellationToken: TestContext.Current.CancellationToken));

        Assert.Equal(StatusCode.Unauthenticated, refusal.StatusCode);
    }

    private async Task<DescribeReply> DescribeAsync(string command, Action<ConnectorStart>? change = null)
    {
        var request = Request(peers.Bundles.Add(Connectors.Crash), command);
        change?.Invoke(request.Start);
        return await runner.Grpc.DescribeAsync(request, deadline: DateTime.UtcNow + RunTimeout, cancellationToken: TestContext.Current.CancellationToken);
    }

    private async Task<string> RefusalAsync(Action<ConnectorStart> change) =>
        ProblemException.FromRpc(await Assert.ThrowsAsync<RpcException>(() => DescribeAsync("./crash-go", change)))!.Problem.Code;

    private static DescribeRequest Request(string digest, string command) =>
        new() { Connector = "crash-go", Start = new() { Digest = digest, Protocol = "c1", Command = command, Limits = new() } };

    private void AssertNothingLeft()
    {
        Assert.Empty(ProcessTable.WithPrefix(RunFolder.Marker, temporary));
        Assert.Empty(Directory.EnumerateDirectories(temporary).SelectMany(Directory.EnumerateFileSystemEntries));
    }
}
