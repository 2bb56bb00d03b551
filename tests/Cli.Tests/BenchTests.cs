using System.Diagnostics;
using System.Text.Json;

namespace Platform.Cli.Tests;

/// <summary>The script's benchmarks: that they can be found, and that they still run. What they measure is no test's business.</summary>
public sealed class BenchTests : IDisposable
{
    private static readonly TimeSpan UsageLimit = TimeSpan.FromSeconds(20);
    // Most of it is processes that start; on a busy machine they take their time.
    private static readonly TimeSpan SmokeLimit = TimeSpan.FromMinutes(8);
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("bench-tests-");

    public void Dispose() => folder.Delete(recursive: true);

    [Theory]
    [InlineData("nonsense")]
    [InlineData("")]
    public async Task A_benchmark_that_does_not_exist_is_wrong_usage_and_lists_those_that_do(string name)
    {
        var answer = await RunAsync(UsageLimit, "bench", name);

        Assert.Equal((2, ""), (answer.ExitCode, answer.Output));
        Assert.StartsWith($"error bad_usage: there is no benchmark '{name}'", answer.Errors, StringComparison.Ordinal);
        Assert.EndsWith("one of: grpc ingest sync install run oms ndc edge", answer.Errors, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Category", "Matrix")]
    public async Task The_grpc_benchmark_measures_everything_and_keeps_every_sample()
    {
        RequirePeers();
        await MeasuresAsync("grpc",
            "unary-sequential", "unary-64", "server-streaming",
            "allocation-unary-client", "allocation-unary-server", "allocation-server-streaming-client", "allocation-server-streaming-server",
            "connector-1-a-page", "connector-1000-a-page");
    }

    [Fact]
    [Trait("Category", "Matrix")]
    public async Task The_ingest_benchmark_loads_into_an_empty_and_into_a_large_table_sweeps_a_long_load_and_an_unchanged_load_writes_no_log()
    {
        Checkout.Require("/usr/lib/postgresql", "postgresql");
        RequirePeers();
        string[] goals = ["new", "new-two", "same", "same-two", "mixed", "changed-two", "new-c1", "changed-c1", "same-c1", "mixed-c1", "same-wal"];

        var output = await MeasuresAsync("ingest", [.. goals, "memory", .. goals.Select(goal => "large-" + goal), "memory-long"]);

        Assert.Contains("goal same-wal (bytes): 0.00 (goal ≤ 0.00) met", output, StringComparison.Ordinal);
        Assert.Contains("goal large-same-wal (bytes): 0.00 (goal ≤ 0.00) met", output, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Category", "Matrix")]
    public async Task The_oms_benchmark_asks_a_service_by_each_interface_directly_and_by_actions()
    {
        Checkout.Require("/usr/lib/postgresql", "postgresql");
        Checkout.Require("/usr/bin/docker", "docker.io");
        RequirePeers();

        await MeasuresAsync("oms", "http-overhead", "rpc-overhead", "errors-64", "command");
    }

    [Fact]
    [Trait("Category", "Matrix")]
    public async Task The_ndc_benchmark_asks_a_packaged_connector_directly_and_through_the_platform()
    {
        Checkout.Require("/usr/lib/postgresql", "postgresql");
        Checkout.Require("/usr/bin/docker", "docker.io");

        await MeasuresAsync("ndc", "query-overhead", "sync");
    }

    [Fact]
    [Trait("Category", "Matrix")]
    public async Task The_sync_benchmark_brings_the_same_rows_to_the_table_by_every_way()
    {
        Checkout.Require("/usr/lib/postgresql", "postgresql");
        RequirePeers();

        await MeasuresAsync("sync", "stream", "c1");
    }

    [Fact]
    [Trait("Category", "Matrix")]
    public async Task The_install_benchmark_installs_a_folder_and_checks_an_unpacked_bundle()
    {
        RequirePeers();

        await MeasuresAsync("install", "install", "check");
    }

    [Fact]
    [Trait("Category", "Matrix")]
    public async Task The_run_benchmark_starts_the_platform_and_times_runs_to_their_first_object()
    {
        RequirePeers();

        await MeasuresAsync("run", "first-object-go", "first-object-csharp", "runner-peak", "runner-idle");
    }

    [Fact]
    [Trait("Category", "Matrix")]
    public async Task The_edge_benchmark_asks_the_gateway_beside_the_service_and_nginx()
    {
        Checkout.Require("/usr/bin/wrk", "wrk");
        Checkout.Require("/usr/sbin/nginx", "nginx-light");
        Checkout.Require("/usr/lib/postgresql", "postgresql");
        RequirePeers();

        await MeasuresAsync("edge", "edge", "edge", "gateway-memory", "lost-events", "stream-errors");
    }

    /// <returns>What was printed.</returns>
    private async Task<string> MeasuresAsync(string benchmark, params string[] expected)
    {
        var answer = await RunAsync(SmokeLimit, "bench", benchmark, "--smoke", "--output", folder.FullName);

        Assert.True(answer.ExitCode == 0, answer.Output + answer.Errors);
        using var document = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(folder.FullName, benchmark + ".json"), TestContext.Current.CancellationToken));
        var goals = document.RootElement.GetProperty("goals").EnumerateArray().Select(goal => goal.GetProperty("name").GetString()!.Split(' ')[0]);
        Assert.Equal(expected, goals);
        Assert.All(goals, goal => Assert.Contains($"goal {goal} ", answer.Output, StringComparison.Ordinal));
        Assert.All(document.RootElement.GetProperty("measures").EnumerateArray(), measure =>
            Assert.All(measure.GetProperty("series").EnumerateArray(), series =>
                Assert.All(series.GetProperty("samples").EnumerateArray(), sample => Assert.True(sample.GetDouble() >= 0))));
        Assert.Equal($"{Environment.ProcessorCount}", document.RootElement.GetProperty("machine").GetProperty("cores").GetString());
        return answer.Output;
    }

    /// <summary>The script builds what is compared for every benchmark.</summary>
    private static void RequirePeers()
    {
        foreach (var (sign, package) in ((string, string)[])
            [("/usr/bin/go", "golang-go"), ("/usr/bin/protoc-gen-go", "protoc-gen-go-1-3"), ("/usr/bin/protoc", "protobuf-compiler"),
                ("/usr/share/gocode/src/google.golang.org/grpc", "golang-google-grpc-dev"),
                ("/usr/share/gocode/src/github.com/hashicorp/go-plugin", "golang-github-hashicorp-go-plugin-dev"),
                ("/usr/share/gocode/src/github.com/jackc/pgx/v4", "golang-github-jackc-pgx-v4-dev"),
                ("/usr/lib/python3/dist-packages/grpc", "python3-grpcio")])
            Checkout.Require(sign, package);
    }

    private static async Task<Answer> RunAsync(TimeSpan limit, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Checkout.Script, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
            var errors = process.StandardError.ReadToEndAsync(deadline.Token);
            await process.WaitForExitAsync(deadline.Token);
            return new Answer(process.ExitCode, (await output).TrimEnd('\n'), (await errors).TrimEnd('\n'));
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }
}
