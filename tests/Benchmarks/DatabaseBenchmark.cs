using System.ComponentModel;
using Aspire.Hosting;
using Grpc.Core;
using Npgsql;
using Platform.Benchmarks.Loads;
using Platform.Benchmarks.Report;

namespace Platform.Benchmarks;

/// <summary>A benchmark on a PostgreSQL of its own, from its options to its results.</summary>
internal static class DatabaseBenchmark
{
    // The server of a run as root has a user of its own, who has to get through to its data.
    private const UnixFileMode Passable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    public static async Task<int> RunAsync<TPlan>(
        string name, IReadOnlyList<string> options, Func<Plan, TPlan> choose, Func<TPlan, PostgresServer, Results, Task> measure)
        where TPlan : notnull
    {
        if (await BenchOptions.ParseAsync(name, options) is not { } given)
            return 2;
        var plan = choose(given.Plan);
        var folder = Directory.CreateTempSubdirectory("bench-");
        try
        {
            File.SetUnixFileMode(folder.FullName, Passable);
            var results = new Results();
            await using var server = await PostgresServer.StartAsync(folder.FullName);
            var machine = Machine.Describe(plan, ("postgresql", await server.DescribeAsync()));
            await measure(plan, server, results).WaitAsync(server.Stopping);
            ResultTable.Write(results, Console.Out);
            ResultFile.Write(results, machine, Path.Combine(given.Output, name + ".json"));
            return 0;
        }
        catch (Exception e) when (e is InvalidOperationException or TimeoutException or OperationCanceledException or IOException or Win32Exception or RpcException or NpgsqlException or DistributedApplicationException)
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
