using Platform.Benchmarks;
using Platform.Benchmarks.Calls;
using Platform.Benchmarks.Plugins;

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
    case ["grpc", .. var options]:
        return await GrpcBenchmark.RunAsync(options);
    case ["ingest", .. var options]:
        return await IngestBenchmark.RunAsync(options);
    default:
        await Console.Error.WriteLineAsync("error bad_usage: start this by ./platform bench");
        return 2;
}
