using System.ComponentModel;
using Grpc.Core;
using Platform.Benchmarks.Calls;
using Platform.Benchmarks.Plugins;
using Platform.Benchmarks.Report;
using Platform.Benchmarks.Starts;
using Platform.Runner;

namespace Platform.Benchmarks;

/// <summary><c>./platform bench grpc [--full | --smoke] [--output FOLDER]</c></summary>
internal static class GrpcBenchmark
{
    private const string Name = "grpc";

    public static async Task<int> RunAsync(IReadOnlyList<string> options)
    {
        if (await BenchOptions.ParseAsync(Name, options) is not { } given)
            return 2;
        var plan = given.Plan;
        var folder = Directory.CreateTempSubdirectory("bench-");
        try
        {
            var results = new Results();
            var machine = Machine.Describe(plan);
            await CallRates.RunAsync(plan, folder.FullName, results);
            await CallAllocations.RunAsync(plan, folder.FullName, results);
            await ConnectorRates.RunAsync(plan, results);
            await ConnectorStarts.RunAsync(plan, results);
            ResultTable.Write(results, Console.Out);
            ResultFile.Write(results, machine, Path.Combine(given.Output, Name + ".json"));
            return 0;
        }
        catch (Exception e) when (e is InvalidOperationException or TimeoutException or IOException or Win32Exception or RpcException or RunFaultException)
        {
            await Console.Error.WriteLineAsync($"error bench_failed: {e.Message}");
            return 1;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
