using System.Collections.Concurrent;
using Platform.Runner.Processes;

namespace Platform.Runner.Drivers;

/// <summary>What a bundle says of its version, read once: a bundle never changes, and a call should not wait for files.</summary>
/// <param name="read">Of the bundle's folder.</param>
internal sealed class OncePerBundle<T>(Func<string, T> read)
{
    private const int MaxKept = 256;
    private readonly ConcurrentDictionary<string, T> kept = new(StringComparer.Ordinal);

    public T Read(ConnectorLaunch launch)
    {
        if (kept.TryGetValue(launch.Digest, out var known))
            return known;
        var value = read(launch.Bundle);
        if (kept.Count >= MaxKept)
            kept.Clear();
        return launch.Digest.Length == 0 ? value : kept[launch.Digest] = value;
    }
}
