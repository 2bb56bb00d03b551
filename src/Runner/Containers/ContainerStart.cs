using Docker.DotNet.Models;
using Platform.Runner.Processes;
using Platform.ServiceDefaults;

namespace Platform.Runner.Containers;

/// <summary>A container to start, in terms of what it is for. What binds and confines it is here, and the same for all.</summary>
/// <param name="Image">Id of the image.</param>
internal sealed record ContainerStart(string Image, LaunchLimits Limits)
{
    /// <summary>Arguments of the image's entrypoint, or the command where it has none; null: the image's own.</summary>
    public IReadOnlyList<string>? Command { get; init; }

    /// <summary>Nothing of the image is run: the container is there for commands that are executed in it. See <see cref="KeepAlive"/>.</summary>
    public bool IsKeptAlive { get; init; }

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>TCP ports that are reached from this machine, each at a port of 127.0.0.1 that the engine draws; no others are.</summary>
    public IReadOnlyCollection<int> Ports { get; init; } = [];

    public IReadOnlyList<ContainerVolume> Volumes { get; init; } = [];

    /// <summary>Folders of this machine, by where the container finds them; it can only read them.</summary>
    public IReadOnlyDictionary<string, string> ReadOnlyFolders { get; init; } = new Dictionary<string, string>();

    /// <summary>As <see cref="ReadOnlyFolders"/>, and it can write into them.</summary>
    public IReadOnlyDictionary<string, string> WritableFolders { get; init; } = new Dictionary<string, string>();

    /// <summary>Where the container finds an empty folder that it can't write into, whatever its image has there.</summary>
    public IReadOnlyCollection<string> EmptyFolders { get; init; } = [];

    /// <summary>Its files can't be written; /tmp is in memory.</summary>
    public bool HasReadOnlyRoot { get; init; }

    /// <summary>A small program runs it, which passes signals on and reaps what is left behind by processes that were executed. Without it the image's own process is the first one.</summary>
    public bool HasInit { get; init; } = true;

    /// <summary>It keeps the capabilities that the engine gives to containers.</summary>
    public bool KeepsCapabilities { get; init; }

    /// <summary>As <c>uid:gid</c>; null: the image's own.</summary>
    public string? User { get; init; }

    /// <summary>Besides the one of the owner.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    public CreateContainerParameters ToParameters(string? keepAlive) => new()
    {
        Image = Image,
        User = User!,
        // The client does not say that null leaves the image's own, as it does.
        Entrypoint = IsKeptAlive ? keepAlive is null ? ["tail", "-f", "/dev/null"] : [keepAlive] : null!,
        Cmd = IsKeptAlive ? [] : Command?.ToList()!,
        Env = [.. Environment.Select(v => $"{v.Key}={v.Value}")],
        Labels = new Dictionary<string, string>(Labels) { [ContainerOwner.Label] = ContainerOwner.This.ToString() },
        ExposedPorts = Ports.ToDictionary(PortName, _ => default(EmptyStruct)),
        Volumes = Volumes.Where(v => v.Name is null).ToDictionary(v => v.Target, _ => default(EmptyStruct)),
        AttachStdin = false,
        OpenStdin = false,
        Tty = false,
        HostConfig = new()
        {
            NetworkMode = ContainerEngine.Network,
            PortBindings = Ports.ToDictionary(PortName, IList<PortBinding> (_) => [new() { HostIP = "127.0.0.1", HostPort = "" }]),
            Binds = [.. Volumes.Where(v => v.Name is not null).Select(v => $"{v.Name}:{v.Target}")],
            Init = HasInit,
            Memory = Limits.MemoryBytes,
            MemorySwap = Limits.MemoryBytes,
            PidsLimit = Limits.Processes,
            CPUShares = Math.Max(2, Limits.CpuWeight * 1024L / 100),
            NanoCPUs = Limits.CpuPercent * 10_000_000L,
            Ulimits = [new() { Name = "nofile", Soft = Limits.OpenFiles, Hard = Limits.OpenFiles }, new() { Name = "core", Soft = 0, Hard = 0 }],
            CapDrop = KeepsCapabilities ? [] : ["ALL"],
            SecurityOpt = ["no-new-privileges"],
            ReadonlyRootfs = HasReadOnlyRoot,
            Mounts = [.. ReadOnlyFolders.Select(f => Bind(f, isReadOnly: true)), .. WritableFolders.Select(f => Bind(f, isReadOnly: false))],
            Tmpfs = InMemory(),
            // Read as it comes; what the engine keeps of it is only there to be read late.
            LogConfig = new() { Type = "json-file", Config = new Dictionary<string, string> { ["max-size"] = "1m", ["max-file"] = "2" } },
        },
    };

    private Dictionary<string, string> InMemory()
    {
        var folders = EmptyFolders.ToDictionary(f => f, _ => "ro,size=4k,mode=555");
        if (HasReadOnlyRoot)
            folders["/tmp"] = $"size={Limits.DiskMegabytes}m,mode=1777";
        return folders;
    }

    private static Mount Bind(KeyValuePair<string, string> folder, bool isReadOnly) =>
        new() { Type = "bind", Source = folder.Value, Target = folder.Key, ReadOnly = isReadOnly };

    public static string PortName(int port) => $"{port}/tcp";
}

/// <param name="Name">Null: it goes with the container.</param>
internal sealed record ContainerVolume(string Target, string? Name);
