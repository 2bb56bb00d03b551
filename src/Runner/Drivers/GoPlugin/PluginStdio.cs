using System.Text;
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
    public static async Task DrainAsync(GRPCStdio.GRPCStdioClient client, ConnectorOutput output, CancellationToken cancel)
    {
        var pending = new StringBuilder();
        try
        {
            using var call = client.StreamStdio(new Google.Protobuf.WellKnownTypes.Empty(), cancellationToken: cancel);
            // Chunks of at most 1 KiB that don't end where lines do. Both channels go to the same log.
            while (await call.ResponseStream.MoveNext(cancel))
            {
                foreach (var character in call.ResponseStream.Current.Data.ToStringUtf8())
                {
                    if (character != '\n' && pending.Length < LineReader.MaxLineBytes)
                        pending.Append(character);
                    else if (character == '\n')
                        Flush();
                }
            }
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException)
        {
            // Unimplemented, or the plugin ended.
        }

        if (pending.Length > 0)
            Flush();

        void Flush()
        {
            output.Add(pending.ToString(), false);
            pending.Clear();
        }
    }
}
