using System.Collections.Concurrent;
using Grpc.Net.Client;

namespace Platform.Runner.Drivers.Oms.Rpc;

/// <summary>What is known of services' messages: read once for each bundle, or asked of the service now and then.</summary>
internal sealed class RpcDescriptions
{
    private const int MaxKept = 256;

    /// <summary>A server that somebody else runs may be replaced without a word.</summary>
    private static readonly TimeSpan AskedLifetime = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, Kept> kept = new();

    private sealed record Kept(Task<RpcTypes> Types, DateTimeOffset Until);

    /// <param name="bundle">Its folder, which is named by its digest and never changes.</param>
    /// <param name="descriptors">A file below it with a FileDescriptorSet.</param>
    /// <exception cref="RunFaultException"><c>bad_descriptors</c>.</exception>
    public Task<RpcTypes> ReadAsync(string bundle, string descriptors) =>
        GetAsync(Path.Combine(bundle, descriptors), DateTimeOffset.MaxValue, () => Task.Run(() => Read(bundle, descriptors)));

    /// <exception cref="RunFaultException"><c>rpc_no_reflection</c>, <c>bad_descriptors</c>.</exception>
    public Task<RpcTypes> AskAsync(string bundle, Uri address, GrpcChannel channel, CancellationToken cancel) =>
        GetAsync($"{bundle} {address}", DateTimeOffset.UtcNow + AskedLifetime, () => ReflectionClient.AskAsync(channel, cancel));

    private async Task<RpcTypes> GetAsync(string key, DateTimeOffset until, Func<Task<RpcTypes>> read)
    {
        if (kept.TryGetValue(key, out var known) && known.Until > DateTimeOffset.UtcNow && known.Types.IsCompletedSuccessfully)
            return await known.Types;
        // Several at once may each read; none waits for another one's call, which may be cancelled.
        var types = await read();
        if (kept.Count >= MaxKept)
            kept.Clear();
        kept[key] = new(Task.FromResult(types), until);
        return types;
    }

    private static RpcTypes Read(string bundle, string descriptors)
    {
        var path = BundleFiles.Find(bundle, descriptors) ?? throw RpcFaults.BadDescriptors($"there is no file {descriptors}");
        if (new FileInfo(path).Length > RpcTypes.MaxBytes)
            throw RpcFaults.BadDescriptors($"they are larger than {RpcTypes.MaxBytes} bytes");
        return RpcTypes.Read(File.ReadAllBytes(path));
    }
}
