using Microsoft.Extensions.Options;
using Platform.Installer.Build;
using Platform.ServiceDefaults;

namespace Platform.Installer.Packages.Commands;

/// <summary>
/// The next version of a folder, beside it until it takes its place. It is a copy with all owners, rights and times, so that what did not change is as it
/// was. What a killed Installer leaves is the folder, old or new, and beside it <c>.NAME.platform-change</c>, which the next change of that folder removes.
/// </summary>
internal sealed class StagedFolder(IOptions<InstallOptions> options)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Rights = (UnixFileMode)0x1ff;

    public static void RemoveLeftOver(string folder)
    {
        if (Posix.Look(HolderOf(folder)) is { Kind: Posix.Kind.Folder }) Tree.Delete(HolderOf(folder));
    }

    /// <param name="context">Has the content of what is new.</param>
    /// <param name="before">What the folder must still hold.</param>
    /// <param name="after">What it is to hold.</param>
    /// <exception cref="InstallFailedException">Nothing has changed.</exception>
    public async Task ReplaceAsync(
        Guid id, string folder, string context, IReadOnlyDictionary<string, string> before, IReadOnlyDictionary<string, string> after, CancellationToken ct)
    {
        var holder = HolderOf(folder);
        try
        {
            // Nobody else gets in while it is being made.
            Directory.CreateDirectory(holder, OwnerOnly);
            var next = Directory.CreateDirectory(Path.Combine(holder, "next")).FullName;
            await CopyAsync(id, folder, next, ct);
            if (!FolderSnapshot.AreSame(before, await FolderSnapshot.TakeAsync(next, options.Value, ct))) throw CommandErrors.FolderChanged(folder);
            Apply(context, next, before, after);
            foreach (var item in Tree.Walk(next, options.Value).Where(item => item.Entry.Kind != Posix.Kind.Link)) Posix.SyncFolder(item.FullPath);
            FaultPoints.Pass("folder-staged");
            ct.ThrowIfCancellationRequested();
            Exchange(next, folder);
            FaultPoints.Pass("folder-swapped");
            Posix.SyncFolder(Path.GetDirectoryName(folder)!);
        }
        finally
        {
            RemoveLeftOver(folder);
        }
    }

    private static string HolderOf(string folder) => Path.Combine(Path.GetDirectoryName(folder)!, $".{Path.GetFileName(folder)}.platform-change");

    private async Task CopyAsync(Guid id, string folder, string next, CancellationToken ct)
    {
        var copy = new Command(["cp", "-a", "--", folder + "/.", next], "/", new Dictionary<string, string> { ["PATH"] = Command.Path, ["LANG"] = "C.UTF-8" });
        var outcome = await copy.RunAsync(id, options.Value.CommandTimeLimit, (_, _) => { }, ct);
        if (outcome.TimedOut || outcome.ExitCode != 0) throw CommandErrors.CopyFailed(folder, outcome.TimedOut ? "it takes too long" : outcome.OutputTail);
    }

    private static void Exchange(string next, string folder)
    {
        try
        {
            Posix.Exchange(next, folder);
        }
        catch (IOException e)
        {
            throw CommandErrors.CannotSwap(folder, e.Message);
        }
    }

    private static void Apply(string context, string next, IReadOnlyDictionary<string, string> before, IReadOnlyDictionary<string, string> after)
    {
        var owner = Posix.Look(next)!.Value;
        // What lies in a folder goes before it, and comes after it.
        foreach (var (path, was) in before.OrderByDescending(entry => entry.Key, StringComparer.Ordinal))
        {
            var full = Path.Combine(next, path);
            if (after.TryGetValue(path, out var now) && was == FolderSnapshot.Folder == (now == FolderSnapshot.Folder)) continue;
            if (was == FolderSnapshot.Folder) Directory.Delete(full);
            else File.Delete(full);
        }
        foreach (var (path, now) in after.Where(entry => before.GetValueOrDefault(entry.Key) != entry.Value).OrderBy(entry => entry.Key, StringComparer.Ordinal))
            Put(Path.Combine(context, path), Path.Combine(next, path), now, owner);
    }

    private static void Put(string from, string to, string entry, Posix.Entry owner)
    {
        var was = Posix.Look(to);
        if (was is { Kind: not Posix.Kind.Folder }) File.Delete(to);
        if (entry == FolderSnapshot.Folder) Directory.CreateDirectory(to);
        else if (FolderSnapshot.LinkTarget(entry) is { } target) File.CreateSymbolicLink(to, target);
        else
        {
            var executable = Posix.Look(from)!.Value.Executable;
            Tree.CopyFile(from, to, executable);
            if (was is { Kind: Posix.Kind.File } file && file.Executable == executable) File.SetUnixFileMode(to, file.Mode & Rights);
        }
        if (Environment.IsPrivilegedProcess) Posix.GiveTo(to, (was ?? owner).User, (was ?? owner).Group);
    }
}
