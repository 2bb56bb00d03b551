using Grpc.Core;
using Platform.Standins.Tests.Hosting;

namespace Platform.Standins.Tests.Grpc.Soak;

[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

// Counts of the whole process mean something only while nothing else runs in it.
[Collection(nameof(Alone))]
public sealed class SoakTests
{
    // What a heap may differ by from one collection to the next: pools and tables that grew to their working size.
    private const long HeapNoise = 4 * 1024 * 1024;
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(30);

    // UNAVAILABLE besides, now and then: a stream that is cancelled in the instant in which its request ends makes .NET's handler send
    // DATA after RST_STREAM, for which Kestrel closes the connection under all its calls. Nobody above the handler can prevent it.
    private static readonly StatusCode[] Expected = [StatusCode.OK, StatusCode.Cancelled, StatusCode.DeadlineExceeded, StatusCode.FailedPrecondition];

    [Fact]
    public Task Ten_thousand_calls_leave_nothing_behind() => RunAsync(10_000);

    [Fact]
    [Trait("Category", "Matrix")]
    public Task Two_hundred_thousand_calls_leave_nothing_behind() => RunAsync(200_000);

    private static async Task RunAsync(int calls)
    {
        await using var server = await EchoServer.StartAsync();
        var load = new MixedLoad(server);
        await load.RunAsync(2_000);
        await RestAsync(server, load);
        var before = Leftovers.Take();

        await load.RunAsync(calls);
        await RestAsync(server, load);
        var after = Leftovers.Take();

        var outcomes = string.Join(", ", load.Outcomes.Select(outcome => $"{outcome.Key} {outcome.Value}"));
        TestContext.Current.TestOutputHelper!.WriteLine($"{outcomes}; before {before}; after {after}");
        Assert.Empty(server.Escaped);
        Assert.All(Expected, status => Assert.True(load.Outcomes.GetValueOrDefault(status) > calls / 100, $"The calls ended with {outcomes}"));
        Assert.All(load.Outcomes.Keys.Except(Expected), status => Assert.True(status == StatusCode.Unavailable && load.Outcomes[status] < calls / 200, $"The calls ended with {outcomes}"));
        Assert.True(after.Sockets <= before.Sockets, $"sockets: {before.Sockets} before, {after.Sockets} after");
        Assert.True(after.HeapBytes < before.HeapBytes + HeapNoise, $"heap: {before.HeapBytes:N0} bytes before, {after.HeapBytes:N0} after");
        Assert.Equal(0, load.CallsAlive());
    }

    // Both sides: the handlers are done, and the client's connection has no stream.
    private static Task RestAsync(EchoServer server, MixedLoad load) => Until.TrueAsync(
        () => server.OpenRequests == 0 && load.OpenStreams == 0, Rest, () => $"{server.OpenRequests} requests are open on the server, {load.OpenStreams} at the client");
}
