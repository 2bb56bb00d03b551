using Platform.Contracts;
using Platform.Installer.Images;
using Platform.Installer.Sources;

namespace Platform.Installer.Packages.Commands;

/// <summary>A package as it would be installed, for one of its commands.</summary>
internal sealed class FetchPackage(FetchSource fetch)
{
    /// <param name="target">An empty folder, which holds the package afterwards.</param>
    /// <exception cref="InstallFailedException">It can't be fetched, or is no package.</exception>
    public async Task<ConnectorMetadata> RunAsync(CommandWork.Place place, Manifest manifest, string target, CancellationToken ct)
    {
        await fetch.RunAsync(place.Id, manifest, null, target, place.Subfolder("fetch"), place.Log, (_, _) => { }, ct);
        return MetadataOf(target, Shown(manifest));
    }

    /// <summary>What messages call it: the query of an address may hold a token.</summary>
    public static string Shown(Manifest manifest) => manifest.Source == "HTTP" ? HttpUrl.Parse(manifest.Uri).Shown : manifest.Uri;

    /// <param name="where">What messages call the folder.</param>
    /// <exception cref="InstallFailedException">It is no package, or its metadata is wrong.</exception>
    public static ConnectorMetadata MetadataOf(string folder, string where) =>
        BuildContext.ReadText(folder, ConnectorMetadata.FileName) is { } text ? MetadataReader.Read(text) : throw CommandErrors.NoPackage(where);

    /// <summary>Makes a package's definition that of another folder, whatever that had in its place.</summary>
    public static void TakeDefinition(string package, string folder, InstallOptions limits, CancellationToken ct)
    {
        var place = Path.Combine(folder, ConnectorMetadata.Folder);
        if (Posix.Look(place) is { } before)
        {
            if (before.Kind == Posix.Kind.Folder) Tree.Delete(place);
            else File.Delete(place);
        }
        Directory.CreateDirectory(place);
        Tree.Copy(Path.Combine(package, ConnectorMetadata.Folder), place, limits, ct);
    }
}
