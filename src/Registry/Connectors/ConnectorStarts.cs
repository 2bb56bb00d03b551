using Platform.Contracts;
using Platform.Registry.V1;

namespace Platform.Registry.Connectors;

/// <summary>What a Runner needs of a version to start it.</summary>
internal static class ConnectorStarts
{
    public static ConnectorStart Of(string digest, Manifest manifest)
    {
        var start = new ConnectorStart
        {
            Digest = digest,
            Protocol = manifest.Protocol ?? "c1",
            Command = manifest.Command ?? "",
            AutoMtls = manifest.AutoMtls ?? false,
            Limits = new(),
        };
        foreach (var (name, value) in manifest.Env ?? new Dictionary<string, string>())
            start.Env[name] = value;
        if (manifest.Limits?.MemoryMb is { } memory)
            start.Limits.MemoryMb = memory;
        if (manifest.Limits?.Processes is { } processes)
            start.Limits.Processes = processes;
        if (manifest.Limits?.StartSeconds is { } seconds)
            start.Limits.StartSeconds = seconds;
        return start;
    }
}
