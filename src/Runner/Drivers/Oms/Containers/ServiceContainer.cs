using Platform.Runner.Containers;
using Platform.Runner.Drivers.Oms.Servers;

namespace Platform.Runner.Drivers.Oms.Containers;

/// <summary>The container that a service's description asks for.</summary>
internal static class ServiceContainer
{
    public static ContainerStart Of(OmsServerWish wish, IReadOnlyCollection<int> ports) => new(wish.Runtime.Image!, wish.Launch.Limits)
    {
        Command = wish.Service.Lifecycle.Startup,
        IsKeptAlive = wish.Service.Lifecycle.Startup is null,
        Environment = ServiceVariables.Of(wish.Service, wish.Options),
        Ports = ports,
        Volumes = [.. wish.Service.Volumes.Select(v => new ContainerVolume(v.Target, v.Persist && wish.Connection.Length > 0 ? VolumeName(wish.Connection, v.Name) : null))],
        Labels = wish.Labels,
    };

    /// <summary>Of a volume that outlives its containers: known again by the connection, and by its name as the description has it.</summary>
    public static string VolumeName(string connection, string volume) =>
        $"{VolumePrefix(connection)}{string.Concat(volume.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' ? c : '_'))}";

    public static string VolumePrefix(string connection) => $"platform-{connection}-";
}
