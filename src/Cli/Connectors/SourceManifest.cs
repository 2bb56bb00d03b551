using System.Text.RegularExpressions;
using Platform.Cli.Api;

namespace Platform.Cli.Connectors;

/// <summary>The manifest of a described service or packaged connector that has none: all that it would say follows from where it is.</summary>
/// <param name="Uri">Absolute, if it is a folder or file.</param>
/// <param name="Ref">Of a git URL that ends in <c>#ref</c>.</param>
/// <param name="Configuration">Absolute; of an image alone.</param>
internal sealed partial record SourceManifest(string Name, string Source, string Uri, string Protocol, string? Ref = null, string? Configuration = null)
{
    public const string ImagePrefix = "image:";
    public const string Service = "oms", Package = "ndc";

    // As the platform looks for them.
    private static readonly string[] descriptions = ["oms.yml", "oms.yaml", "microservice.yml", "microservice.yaml"];

    /// <summary>Null: the argument is something else, such as the address of a manifest.</summary>
    /// <param name="name">That the user wants; null: the folder's, the repository's, the image's.</param>
    /// <param name="protocol">That the user says it speaks; null: what is there tells.</param>
    /// <exception cref="CliException">It is a folder with nothing in it to install, or gives no name.</exception>
    public static SourceManifest? Of(string argument, string? name, string? protocol = null, string? configuration = null)
    {
        if (argument.StartsWith(ImagePrefix, StringComparison.Ordinal)) return OfImage(argument[ImagePrefix.Length..], name, protocol, configuration);
        if (configuration is not null) throw new CliException(ExitCode.Usage, "bad_usage", "--configuration is for an image: a package's own files are its configuration.", "platform connectors install --help");
        if (GitUrl().Match(argument) is { Success: true } git)
        {
            var url = git.Groups["url"].Value;
            return new(name ?? NameOf(url[(url.LastIndexOfAny(['/', ':']) + 1)..^".git".Length], argument), "VCS", url, protocol ?? Service, git.Groups["ref"] is { Success: true, Value: var reference } ? reference : null);
        }
        if (PackageArchive.IsOne(argument))
        {
            if (System.Uri.TryCreate(argument, UriKind.Absolute, out var address) && address.Scheme is "http" or "https")
                return new(name ?? NameOf(PackageArchive.NameOf(address.AbsolutePath), argument), "HTTP", argument, protocol ?? Package);
            if (File.Exists(argument)) return new(name ?? NameOf(PackageArchive.NameOf(argument), argument), "Local", Path.GetFullPath(argument), protocol ?? PackageArchive.Protocol(argument));
        }
        if (!Directory.Exists(argument)) return null;
        var folder = Path.GetFullPath(argument).TrimEnd('/');
        return new(name ?? NameOf(Path.GetFileName(folder), argument), "Local", folder, protocol ?? ProtocolOf(folder));
    }

    private static string ProtocolOf(string folder)
    {
        var (isService, isPackage) = (descriptions.Any(file => File.Exists(Path.Combine(folder, file))), File.Exists(Path.Combine(folder, PackageArchive.Metadata)));
        if (isService && isPackage) throw Unclear($"The folder {folder} has a service's description and a connector's package.");
        if (isService) return Service;
        if (isPackage) return Package;
        if (File.Exists(Path.Combine(folder, "Dockerfile"))) throw Unclear($"The folder {folder} has a Dockerfile, and nothing that says what its image speaks.");
        throw new CliException(ExitCode.Usage, "nothing_to_install",
            $"The folder {folder} has neither a manifest.json, nor a service's description ({string.Join(", ", descriptions)}), nor a connector's package ({PackageArchive.Metadata}).",
            "Write one of them: docs/manifest.md says what a manifest has, docs/oms.md what a description has, docs/ndc.md what a package has.");
    }

    private static CliException Unclear(string what) =>
        new(ExitCode.Usage, "protocol_unclear", what, $"Say it: --protocol {Package} for a packaged connector, --protocol {Service} for a described service.");

    private static SourceManifest OfImage(string reference, string? name, string? protocol, string? configuration)
    {
        var last = reference[(reference.LastIndexOf('/') + 1)..];
        return new(
            name ?? NameOf(last.Split(':', '@')[0], ImagePrefix + reference), "Image", reference, protocol ?? (configuration is null ? Service : Package),
            Configuration: configuration is null ? null : Path.GetFullPath(configuration));
    }

    private static string NameOf(string? text, string argument)
    {
        var name = Unfit().Replace(text?.ToLowerInvariant() ?? "", "-").Trim('-', '.', '_');
        if (name.Length > 63) name = name[..63];
        return name.Length > 0 ? name : throw new CliException(ExitCode.Usage, "no_name", $"No name for the connector follows from {argument}.", "Give one with --name.");
    }

    [GeneratedRegex("[^a-z0-9._-]+")]
    private static partial Regex Unfit();

    // An http(s) address that does not end so is one of a manifest.
    [GeneratedRegex(@"^(?<url>(?:(?:https?|ssh|file)://|[\w.-]+@[\w.-]+:)\S+\.git)(?:#(?<ref>\S+))?$")]
    private static partial Regex GitUrl();
}
