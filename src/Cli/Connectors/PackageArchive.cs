using System.Formats.Tar;
using System.IO.Compression;
using System.Text.RegularExpressions;

namespace Platform.Cli.Connectors;

/// <summary>A connector's package as one file, and a hub's document that names one.</summary>
internal static partial class PackageArchive
{
    public const string Metadata = ".hasura-connector/connector-metadata.yaml";

    // As the hub's authors call most of them, whatever the connector is.
    private static readonly string[] namesOfAll = ["connector-definition", "package", "connector"];

    /// <param name="argument">A path or a URL.</param>
    public static bool IsOne(string argument) => Archive().IsMatch(argument.Contains("://", StringComparison.Ordinal) ? argument.Split('?')[0] : argument);

    public static bool IsUrl(string argument) => argument.StartsWith("http://", StringComparison.Ordinal) || argument.StartsWith("https://", StringComparison.Ordinal);

    /// <summary>Null: it is called as packages of all connectors are.</summary>
    public static string? NameOf(string path)
    {
        var name = Archive().Replace(path[(path.LastIndexOf('/') + 1)..], "");
        return namesOfAll.Contains(name) ? null : name;
    }

    /// <exception cref="CliException">It is no package of a connector.</exception>
    public static string Protocol(string file)
    {
        try
        {
            using var unpacked = new GZipStream(File.OpenRead(file), CompressionMode.Decompress);
            using var tar = new TarReader(unpacked);
            while (tar.GetNextEntry() is { } entry)
                if ((entry.Name.StartsWith("./", StringComparison.Ordinal) ? entry.Name[2..] : entry.Name) == Metadata) return SourceManifest.Package;
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException or ArgumentException)
        {
            throw new CliException(ExitCode.Usage, "nothing_to_install", $"{Path.GetFullPath(file)} is no .tar.gz that can be read: {e.Message.TrimEnd('.')}.");
        }
        throw new CliException(ExitCode.Usage, "nothing_to_install", $"{Path.GetFullPath(file)} has no {Metadata}, and so is no package of a connector.",
            $"Pack the folder that has it: tar -czf package.tgz -C FOLDER . Or say --protocol {SourceManifest.Package}, if its Dockerfile suffices.");
    }

    /// <summary>The connector's name where a connector-packaging.json lies as in a hub's registry; null: it doesn't.</summary>
    public static string? NameOfDocument(string file) => Document().Match(Path.GetFullPath(file)) is { Success: true } match ? match.Groups["name"].Value.ToLowerInvariant() : null;

    [GeneratedRegex(@"\.(?:tgz|tar\.gz)\z")]
    private static partial Regex Archive();

    [GeneratedRegex(@"/(?<name>[A-Za-z0-9][A-Za-z0-9._-]{0,62})/releases/[^/]+/connector-packaging\.json\z")]
    private static partial Regex Document();
}
