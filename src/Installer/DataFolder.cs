using System.Text.Json;
using Microsoft.Extensions.Options;
using Platform.ServiceDefaults;

namespace Platform.Installer;

/// <summary>The layout of <c>Data:Directory</c>: <c>store/</c>, <c>installs/&lt;id&gt;/{status,log}</c>, <c>builds/&lt;id&gt;/{status,log}</c>, <c>work/</c>.</summary>
internal sealed class DataFolder
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public DataFolder(IOptions<DataOptions> options)
    {
        // Manifests may hold credentials of a repository: nobody else reads here.
        Directory.CreateDirectory(options.Value.Directory, OwnerOnly);
        Root = LocalPath.Real(options.Value.Directory)!;
        Directory.CreateDirectory(Store, OwnerOnly);
        Directory.CreateDirectory(Installs, OwnerOnly);
        Directory.CreateDirectory(Builds, OwnerOnly);
        // Whatever an earlier process left half done; what is not final begins again.
        if (Directory.Exists(Work)) Tree.Delete(Work);
        Directory.CreateDirectory(Work, OwnerOnly);
    }

    /// <summary>With every link in it resolved.</summary>
    public string Root { get; }

    public string Store => Path.Combine(Root, "store");
    public string Installs => Path.Combine(Root, "installs");
    public string Builds => Path.Combine(Root, "builds");
    public string Work => Path.Combine(Root, "work");

    public string Install(Guid id) => Path.Combine(Installs, id.ToString());

    public string Build(Guid id) => Path.Combine(Builds, id.ToString());

    /// <summary>Replaces the file by one whose content is on the disk: after a crash it is the old or the new one.</summary>
    public static void WriteDurably<T>(string path, T value, JsonSerializerOptions json)
    {
        var temporary = path + ".new";
        try
        {
            using (var file = new FileStream(temporary, FileMode.Create))
            {
                JsonSerializer.Serialize(file, value, json);
                file.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            // Half a file on a full disk would only take more of it.
            File.Delete(temporary);
            throw;
        }
        Posix.SyncFolder(Path.GetDirectoryName(path)!);
    }
}
