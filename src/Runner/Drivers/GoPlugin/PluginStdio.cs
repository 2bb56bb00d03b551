using Grpc.Core;
using Platform.Protocols.GoPlugin;
using Platform.Runner.Processes;

namespace Platform.Runner.Drivers.GoPlugin;

/// <summary>
/// What plugin code writes to its standard streams once it serves comes through this call; unread, it would block the
/// plugin. Plugins before go-plugin 1.1.0 don't have it.
/// </summary>
internal static class PluginStdio
{
    public static async Task<StdioEnd> DrainAsync(GRPCStdio.GRPCStdioClient client, ConnectorOutput output, CancellationToken cancel)
    {
        var standardOutput = new LineAssembler(LineReader.MaxLineBytes, output.AddPrinted);
        var standardError = new LineAssembler(LineReader.MaxLineBytes, output.Add);
        try
        {
            using var call = client.StreamStdio(new Google.Protobuf.WellKnownTypes.Empty(), cancellationToken: cancel);
            // Chunks of at most 1 KiB that don't end where lines do. Both channels go to the same log, line by line.
            while (await call.ResponseStream.MoveNext(cancel))
            {
                var chunk = call.ResponseStream.Current;
                (chunk.Channel == StdioData.Types.Channel.Stderr ? standardError : standardOutput).Add(chunk.Data.Span);
            }
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Unimplemented)
        {
            return StdioEnd.Unimplemented;
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException)
        {
            // The plugin ended.
        }

        standardOutput.End();
        standardError.End();
        return StdioEnd.Ended;
    }
}

internal enum StdioEnd
{
    Ended,

    /// <summary>The plugin has no such service.</summary>
    Unimplemented,
}
