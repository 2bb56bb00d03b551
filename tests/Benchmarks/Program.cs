using Platform.Benchmarks;
using Platform.Benchmarks.Calls;

switch (args)
{
    case ["serve", var socket]:
        await CallServer.RunAsync(socket);
        return 0;
    case ["call", var socket]:
        await CallClient.RunAsync(socket);
        return 0;
    case ["grpc", .. var options]:
        return await GrpcBenchmark.RunAsync(options);
    default:
        await Console.Error.WriteLineAsync("error bad_usage: start this by ./platform bench");
        return 2;
}
