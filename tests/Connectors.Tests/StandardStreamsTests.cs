using Grpc.Core;
using Platform.Protocols.GoPlugin;

namespace Platform.Connectors.Tests;

/// <summary>What a connector of the SDK prints, under hosts that read its stdio stream, late or not at all.</summary>
public sealed class StandardStreamsTests
{
    private const int PrintedAtLeast = 900 * 1024;
    private static readonly TimeSpan ReadLimit = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_host_that_never_reads_neither_stops_it_nor_loses_anything()
    {
        await using var sample = await SampleProcess.StartAsync(null, "print-around");

        await ShutdownAsync(sample);

        Assert.Equal(0, await sample.ExitAsync());
        var log = await sample.Errors;
        foreach (var name in (string[])["before", "goodbye"])
            Assert.True(log.Split('\n').Where(l => l.StartsWith(name + " ", StringComparison.Ordinal)).Sum(System.Text.Encoding.UTF8.GetByteCount) > PrintedAtLeast, name);
    }

    [Fact]
    public async Task A_host_that_reads_gets_chunks_of_a_kibibyte_and_the_end_of_the_stream_at_the_shutdown()
    {
        await using var sample = await SampleProcess.StartAsync(null, "print-around");
        using var channel = sample.Channel(null);
        using var call = new GRPCStdio.GRPCStdioClient(channel).StreamStdio(
            new(), deadline: DateTime.UtcNow + ReadLimit, cancellationToken: TestContext.Current.CancellationToken);
        var read = 0;
        while (read < PrintedAtLeast && await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken))
        {
            Assert.Equal(StdioData.Types.Channel.Stdout, call.ResponseStream.Current.Channel);
            Assert.InRange(call.ResponseStream.Current.Data.Length, 1, 1024);
            read += call.ResponseStream.Current.Data.Length;
        }

        await ShutdownAsync(sample);
        while (await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken))
        {
        }

        Assert.True(read >= PrintedAtLeast);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
        Assert.Equal(0, await sample.ExitAsync());
    }

    private static async Task ShutdownAsync(SampleProcess sample)
    {
        using var channel = sample.Channel(null);
        await new GRPCController.GRPCControllerClient(channel).ShutdownAsync(new(), deadline: DateTime.UtcNow + ReadLimit);
    }
}
