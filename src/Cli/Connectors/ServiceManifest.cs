using System.Text.RegularExpressions;
using Platform.Cli.Api;

namespace Platform.Cli.Connectors;

/// <summary>The manifest of a described service that has none: all that it would say follows from where the service is.</summary>
/// <param name="Uri">Absolute, if it is a folder.</param>
/// <param name="Ref">Of a git URL that ends in <c>#ref</c>.</param>
internal sealed partial record ServiceManifest(string Name, string Source, string Uri, string? Ref = null)
{
    public const string ImagePrefix = "image:";

    // As the platform looks for them.
    private static readonly string[] Descriptions = ["oms.yml", "oms.yaml", "microservice.yml", "microservice.yaml"];

    public string Protocol => "oms";

    /// <summary>Null: the argument is something else, such as the address of a manifest.</summary>
    /// <param name="name">That the user wants; null: the folder's, the repository's, the image's.</param>
    /// <exception cref="CliException">It is a folder with nothing in it to install, or gives no name.</exception>
    public static ServiceManifest? Of(string argument, string? name)
    {
        if (argument.StartsWith(ImagePrefix, StringComparison.Ordinal)) return OfImage(argument[ImagePrefix.Length..], name);
        if (GitUrl().Match(argument) is { Success: true } git)
        {
            var url = git.Groups["url"].Value;
            return new(name ?? NameOf(url[(url.LastIndexOfAny(['/', ':']) + 1)..^".git".Length], argument), "VCS", url, git.Groups["ref"] is { Success: true, Value: var reference } ? reference : null);
        }
        if (!Directory.Exists(argument)) return null;
        var folder = Path.GetFullPath(argument).TrimEnd('/');
        if (Descriptions.Any(file => File.Exists(Path.Combine(folder, file)))) return new(name ?? NameOf(Path.GetFileName(folder), argument), "Local", folder);
        throw new CliException(ExitCode.Usage, "nothing_to_install", $"The folder {folder} has neither a manifest.json nor a service's description ({string.Join(", ", Descriptions)}).",
            "Write one of them: docs/manifest.md says what a manifest has, docs/oms.md what a description has.");
    }

    private static ServiceManifest OfImage(string reference, string? name)
    {
        var last = reference[(reference.LastIndexOf('/') + 1)..];
        return new(name ?? NameOf(last.Split(':', '@')[0], ImagePrefix + reference), "Image", reference);
    }

    private static string NameOf(string text, string argument)
    {
        var name = Unfit().Replace(text.ToLowerInvariant(), "-").Trim('-', '.', '_');
        if (name.Length > 63) name = name[..63];
        return name.Length > 0 ? name : throw new CliException(ExitCode.Usage, "no_name", $"No name for the connector follows from {argument}.", "Give one with --name.");
    }

    [GeneratedRegex("[^a-z0-9._-]+")]
    private static partial Regex Unfit();

    // An http(s) address that does not end so is one of a manifest.
    [GeneratedRegex(@"^(?<url>(?:(?:https?|ssh|file)://|[\w.-]+@[\w.-]+:)\S+\.git)(?:#(?<ref>\S+))?$")]
    private static partial Regex GitUrl();
}
