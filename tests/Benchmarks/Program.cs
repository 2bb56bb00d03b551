using Platform.Benchmarks;
using Platform.Benchmarks.Calls;
using Platform.Benchmarks.Edge;
using Platform.Benchmarks.Packages;
using Platform.Benchmarks.Plugins;
using Platform.Benchmarks.Runs;
using Platform.Benchmarks.Services;
using Platform.Benchmarks.Syncs;

switch (args)
{
    case ["serve", var socket]:
        await CallServer.RunAsync(socket);
        return 0;
    case ["call", var socket]:
        await CallClient.RunAsync(socket);
        return 0;
    case ["host", var connector]:
        await ConnectorHostProcess.RunAsync(connector);
        return 0;
    case ["sync-host", var generator, var protocol, var address]:
        await SyncHostProcess.RunAsync(generator, protocol, address);
        return 0;
    case ["grpc", .. var options]:
        return await GrpcBenchmark.RunAsync(options);
    case ["ingest", .. var options]:
        return await IngestBenchmark.RunAsync(options);
    case ["sync", .. var options]:
        return await SyncBenchmark.RunAsync(options);
    case ["install", .. var options]:
        return await InstallBenchmark.RunAsync(options);
    case ["run", .. var options]:
        return await SystemBenchmark.RunAsync("run", options, RunPlan.Of, RunTimes.RunAsync);
    case ["oms", .. var options]:
        return await SystemBenchmark.RunAsync("oms", options, ServicePlan.Of, ServiceTimes.RunAsync, ("docker", DockerExec.ClientVersion()));
    case ["ndc", .. var options]:
        return await SystemBenchmark.RunAsync("ndc", options, PackagePlan.Of, PackageTimes.RunAsync, ("docker", DockerExec.ClientVersion()));
    case ["edge", .. var options]:
        return await SystemBenchmark.RunAsync("edge", options, EdgePlan.Of, EdgeBenchmark.RunAsync);
    default:
        await Console.Error.WriteLineAsync("error bad_usage: start this by ./platform bench");
        return 2;
}
