using System.Security.Cryptography;
using Docker.DotNet.Models;
using Platform.Runner.Containers;
using Platform.Runner.Drivers.Ndc.Servers;
using Platform.Runner.Processes;
using Platform.ServiceDefaults;

namespace Platform.Runner.Packages.Check;

/// <summary>The image under check, and the way to start containers of it.</summary>
/// <param name="name">As it was asked for.</param>
internal sealed class CheckedImage(ContainerEngine engine, ImageInspectResponse image, string name, ConfigurationCopies configurations, LaunchLimits limits, Findings findings)
{
    public const string Label = "platform.check";

    public ContainerEngine Engine => engine;

    public string Id => image.ID;

    public string Architecture => image.Architecture ?? "";

    public string Name => name;

    public Findings Findings => findings;

    public ConfigurationCopies Configurations => configurations;

    public LaunchLimits Limits => limits;

    public IReadOnlyList<string> Entrypoint => [.. image.Config?.Entrypoint ?? []];

    public IReadOnlyList<string> Command => [.. image.Config?.Cmd ?? []];

    /// <summary>As name=value.</summary>
    public IReadOnlyList<string> Environment => [.. image.Config?.Env ?? []];

    /// <summary>Where it looks for its configuration by itself.</summary>
    public string Directory => PackageDirectory.Of(Environment);

    /// <exception cref="RunFaultException">The engine could not start it.</exception>
    public async Task<Trial> StartAsync(TrialWish wish, CancellationToken cancel)
    {
        var folder = wish.Folder ?? configurations.Copy();
        var variables = new Dictionary<string, string>(wish.Environment, StringComparer.Ordinal);
        var token = wish.Token ?? RandomNumberGenerator.GetHexString(48, lowercase: true);
        variables[PackageContainer.TokenVariable] = token;
        var folders = wish.Target is { Length: 0 } ? new Dictionary<string, string>() : new() { [wish.Target ?? Directory] = folder };
        var start = new ContainerStart(Id, limits)
        {
            Command = wish.Command,
            Environment = variables,
            Ports = [wish.Port],
            ReadOnlyFolders = wish.IsWritable ? new Dictionary<string, string>() : folders,
            WritableFolders = wish.IsWritable ? folders : new Dictionary<string, string>(),
            HasReadOnlyRoot = wish.HasReadOnlyRoot,
            // Alone in its container, as others run it.
            HasInit = false,
            KeepsCapabilities = !wish.HasNoCapabilities,
            User = wish.User,
            Labels = new Dictionary<string, string> { [Label] = Id },
        };
        return await Trial.StartAsync(this, start, folder, token, cancel);
    }
}

/// <summary>How a container of the image is started; all else is as by default.</summary>
/// <param name="Token">Null: a random one; empty: an empty one.</param>
/// <param name="Target">Where the configuration is mounted; null: where the image looks by itself; empty: nowhere.</param>
internal sealed record TrialWish(string? Token = null, string? Target = null, int Port = PackageContainer.Port)
{
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<string>? Command { get; init; }

    /// <summary>Of this machine; null: a fresh copy of the configuration.</summary>
    public string? Folder { get; init; }

    public bool IsWritable { get; init; }

    public bool HasReadOnlyRoot { get; init; }

    public bool HasNoCapabilities { get; init; }

    public string? User { get; init; }
}
