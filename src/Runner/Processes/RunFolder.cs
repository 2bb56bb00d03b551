using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace Platform.Runner.Processes;

/// <summary>The private folder of one run: its sockets, its temporary files and its home. Mode 0700.</summary>
internal sealed class RunFolder : IDisposable
{
    public const string Marker = "PLATFORM_RUN_FOLDER";
    // sockaddr_un has 108 bytes with the final zero; a plugin's socket takes up to 24 of them behind the folder.
    private const int MaxPathBytes = 107 - 24;
    private const long EntryBytes = 4096;
    private static readonly EnumerationOptions Everything = new() { RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = FileAttributes.None };
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public RunFolder(string path)
    {
        if (Encoding.UTF8.GetByteCount(path) > MaxPathBytes)
            throw new InvalidOperationException($"{path} is too long for unix sockets; set Connectors:TemporaryDirectory to a shorter folder.");
        Path = path;
        Home = path + "/home";
        Directory.CreateDirectory(Path, OwnerOnly);
        Directory.CreateDirectory(Home, OwnerOnly);
    }

    public string Path { get; }

    public string Home { get; }

    /// <summary>The number by which processes of this run are known that have shed their environment.</summary>
    public long Mark => MarkOf(Path);

    public static long MarkOf(string path) => BitConverter.ToInt64(SHA256.HashData(Encoding.UTF8.GetBytes(path))) & (long.MaxValue >> 1);

    /// <summary>What lies in it, each entry with a block besides its content; what can't be seen counts nothing.</summary>
    public long UsedBytes()
    {
        try
        {
            return new DirectoryInfo(Path).EnumerateFileSystemInfos("*", Everything)
                .Sum(entry => EntryBytes + (entry is FileInfo { LinkTarget: null } file ? Length(file) : 0));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }

        static long Length(FileInfo file)
        {
            try
            {
                return file.Length;
            }
            catch (IOException)
            {
                return 0;
            }
        }
    }

    /// <summary>Names the run among everything on this machine, and the Runner whose it is.</summary>
    public string UniqueName => $"{System.IO.Path.GetFileName(System.IO.Path.GetDirectoryName(Path))}-{System.IO.Path.GetFileName(Path)}";

    public string Socket(string name) => $"{Path}/{name}";

    public void Dispose()
    {
        for (var attempt = 0; attempt < 3 && Directory.Exists(Path); attempt++)
        {
            try
            {
                Directory.Delete(Path, recursive: true);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A dying process may still write; what stays is removed by the next Runner.
            }
        }
    }
}

/// <summary>The folders of all runs of this Runner, in one folder that says whose they are; those of dead Runners are removed at start.</summary>
internal sealed class RunFolders : IDisposable
{
    private const string Prefix = "platform-runner-";
    // One may fork while the others are being killed.
    private const int MostKills = 20;
    private readonly string root;

    private readonly string parent;

    public RunFolders(IOptions<ConnectorSettings> settings)
    {
        parent = settings.Value.TemporaryDirectory.TrimEnd('/');
        root = $"{parent}/{Prefix}{Environment.ProcessId}-{ProcessTable.StartTime(Environment.ProcessId)}";
    }

    /// <summary>Ends and removes what Runners left behind that are no more.</summary>
    public void RemoveLeftOvers()
    {
        foreach (var folder in Directory.EnumerateDirectories(parent, Prefix + "*").Where(IsLeftOver))
            Remove(folder);
        foreach (var group in ControlGroup.Existing(Prefix).Where(IsLeftOver))
            ControlGroup.RemoveFolder(group);
    }

    public RunFolder Create() => new($"{root}/{RandomNumberGenerator.GetHexString(8, lowercase: true)}");

    public void Dispose()
    {
        try
        {
            Directory.Delete(root);
        }
        catch (IOException)
        {
            // Never made, or another host of this process still has runs in it.
        }
    }

    private static void Remove(string folder)
    {
        try
        {
            foreach (var run in Directory.EnumerateDirectories(folder))
                for (var i = 0; i < MostKills && ProcessTable.OfRun(run) is { Count: > 0 } living; i++)
                    foreach (var pid in living)
                        Signals.Kill(pid);
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another user's, or another Runner is removing it too.
        }
    }

    private static bool IsLeftOver(string folder) =>
        System.IO.Path.GetFileName(folder)[Prefix.Length..].Split('-') is [var pid, var started, ..]
        && (!int.TryParse(pid, out var id) || ProcessTable.StartTime(id) != started);
}
