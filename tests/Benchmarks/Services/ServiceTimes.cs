using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Platform.Benchmarks.Processes;
using Platform.Benchmarks.Report;
using Platform.Benchmarks.Runs;

namespace Platform.Benchmarks.Services;

/// <summary>
/// What an action of a described service costs over the same request made directly: HTTP and RPC at a server that runs elsewhere, a command in a warm
/// container beside <c>docker exec</c> by hand; and 64 actions at a time.
/// </summary>
internal static class ServiceTimes
{
    private const string Direct = "direct", DirectAgain = "direct again (A/A)", Action = "action", ByHand = "docker exec by hand", ByHandAgain = "docker exec again (A/A)";
    private const string Elsewhere = "elsewhere", Contained = "contained";
    private const double HttpLimit = 3, RpcLimit = 2, CommandLimit = 1.2;
    private const int AtOnce = 64;

    // As connectors/greeter-oms says.
    private const int HttpPort = 24680, RpcPort = 24681;

    public sealed record Contestant(string Name, Func<Task> CallAsync);

    public static async Task RunAsync(ServicePlan plan, string folder, Results results)
    {
        var source = Directory.CreateDirectory(Path.Combine(folder, "greeter")).FullName;
        foreach (var file in (string[])["oms.yml", "greeter.proto", "Dockerfile", ".dockerignore"])
            File.Copy(Path.Combine(Programs.Root, "connectors", "greeter-oms", file), Path.Combine(source, file));
        File.Copy(Programs.Go("greeter-oms")[0], Path.Combine(source, "greeter"));

        Progress.Say("starting the platform, and a server");
        using var server = StartServer(source);
        try
        {
            await using var platform = await PlatformProcess.StartAsync(folder, ["--allow-outbound", "127.0.0.1"]);
            await platform.InstallAsync(new { name = Elsewhere, source = "Server", uri = "http://127.0.0.1", described_by = Path.Combine(source, "oms.yml"), protocol = "oms" });
            await platform.ConnectAsync(Elsewhere, Elsewhere, "{}");

            Progress.Say("HTTP");
            using var http = new HttpClient { BaseAddress = new($"http://127.0.0.1:{HttpPort}") };
            async Task DirectlyAsync() => _ = await http.GetFromJsonAsync<JsonElement>("/greet/Ada?times=1");
            var byHttp = await MeasureAsync(plan, "HTTP: one call", null, warm: true,
                new(Direct, DirectlyAsync), new(DirectAgain, DirectlyAsync), new(Action, () => platform.InvokeAsync(Elsewhere, "greet", new { name = "Ada" })));

            Progress.Say("RPC");
            using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{RpcPort}");
            async Task DirectRpcAsync() => _ = await channel.CreateCallInvoker().AsyncUnaryCall(Days, null, default, DaysRequest).ResponseAsync;
            var byRpc = await MeasureAsync(plan, "RPC: one call", null, warm: true,
                new(Direct, DirectRpcAsync), new(DirectAgain, DirectRpcAsync), new(Action, () => platform.InvokeAsync(Elsewhere, "days", new { from = "2024-02-28" })));

            results.Measures.AddRange([byHttp, byRpc]);
            results.Goals.AddRange(
            [
                new("http-overhead (ms)", byHttp.Median(Action) - byHttp.Median(Direct), HttpLimit, AtLeast: false),
                new("rpc-overhead (ms)", byRpc.Median(Action) - byRpc.Median(Direct), RpcLimit, AtLeast: false),
            ]);
            await MeasureManyAsync(plan, platform, results);
            var docker = new DockerExec(platform.EngineSocket);
            if (docker.Version().Length == 0)
                Progress.Say("no container engine here: commands in containers are left out");
            else
                await MeasureCommandAsync(plan, platform, docker, source, results);
        }
        finally
        {
            server.Kill(entireProcessTree: true);
            await server.WaitForExitAsync();
        }
    }

    private static async Task MeasureCommandAsync(ServicePlan plan, PlatformProcess platform, DockerExec docker, string source, Results results)
    {
        Progress.Say("commands in a container");
        await platform.InstallAsync(new { name = Contained, source = "Local", uri = source, protocol = "oms" });
        await platform.ConnectAsync(Contained, Contained, "{}");
        var arguments = new { text = "one two three" };
        await platform.InvokeAsync(Contained, "count", arguments);
        var image = docker.Run("images", "--no-trunc", "--quiet", $"platform/{Contained}").Output.Split('\n')[0];
        var container = docker.Container(image);
        Task ByHandAsync()
        {
            docker.Call(container, ["./greeter", "count", JsonSerializer.Serialize(arguments)], "3");
            return Task.CompletedTask;
        }

        var measured = await MeasureAsync(plan, "command: one call", ByHand, warm: false,
            new(ByHand, ByHandAsync), new(ByHandAgain, ByHandAsync), new(Action, () => platform.InvokeAsync(Contained, "count", arguments)));
        results.Measures.Add(measured);
        results.Goals.Add(new("command (× docker exec)", measured.Ratio(Action, ByHand), CommandLimit, AtLeast: false));
    }

    private static async Task MeasureManyAsync(ServicePlan plan, PlatformProcess platform, Results results)
    {
        Progress.Say($"{AtOnce} at a time");
        var (errors, begun) = (0, Stopwatch.GetTimestamp());
        await Parallel.ForEachAsync(Enumerable.Range(0, plan.Many), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (_, _) =>
        {
            try
            {
                await platform.InvokeAsync(Elsewhere, "greet", new { name = "Ada" });
            }
            catch (Exception e) when (e is InvalidOperationException or HttpRequestException)
            {
                if (Interlocked.Increment(ref errors) == 1)
                    Progress.Say($"an error: {e.Message}");
            }
        });
        results.Measures.Add(new($"HTTP: {AtOnce} actions at a time", "per s", null, [new(Action, [plan.Many / Stopwatch.GetElapsedTime(begun).TotalSeconds])]));
        results.Goals.Add(new($"errors-{AtOnce}", errors, 0, AtLeast: false));
    }

    /// <summary>The median of each round, of calls that take turns with those of the others.</summary>
    /// <param name="warm">It is asked 1,000 times before: the first hundreds run code that is still being compiled, and are slower than what somebody sees who uses it.</param>
    public static async Task<Measure> MeasureAsync(ServicePlan plan, string name, string? peer, bool warm, params Contestant[] contestants)
    {
        async Task<double> SampleAsync(Contestant contestant)
        {
            var times = new List<double>();
            for (var call = 0; call < plan.Calls; call++)
            {
                var begun = Stopwatch.GetTimestamp();
                await contestant.CallAsync();
                times.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
            }

            return times.Order().ElementAt(times.Count / 2);
        }

        async Task<double> WarmUpAsync(Contestant contestant)
        {
            for (var call = plan.Calls; warm && call < plan.WarmUp; call++)
                await contestant.CallAsync();
            return await SampleAsync(contestant);
        }

        var samples = await Rounds.RunAsync(new Plan(plan.Name, TimeSpan.Zero, TimeSpan.Zero, plan.Rounds), contestants, WarmUpAsync, SampleAsync);
        return new(name, "ms", peer, [.. contestants.Zip(samples, (contestant, times) => new Series(contestant.Name, [.. times]))]);
    }

    private static Process StartServer(string source)
    {
        var server = Process.Start(new ProcessStartInfo(Path.Combine(source, "greeter"), ["serve"]) { RedirectStandardError = true })!;
        server.ErrorDataReceived += (_, _) => { };
        server.BeginErrorReadLine();
        return server;
    }

    private static readonly Marshaller<byte[]> Raw = Marshallers.Create<byte[]>(bytes => bytes, bytes => bytes);
    private static readonly Method<byte[], byte[]> Days = new(MethodType.Unary, "greeter.Greeter", "Days", Raw, Raw);
    private static readonly byte[] DaysRequest = Encode();

    // message DaysRequest { string from = 1; int32 count = 2; }
    private static byte[] Encode()
    {
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true))
        {
            output.WriteTag(1, WireFormat.WireType.LengthDelimited);
            output.WriteString("2024-02-28");
            output.WriteTag(2, WireFormat.WireType.Varint);
            output.WriteInt32(3);
        }

        return bytes.ToArray();
    }
}
