using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Platform.Contracts;
using Platform.Installer.Bundles;
using Platform.ServiceDefaults;

namespace Platform.Installer.Packages.Commands;

/// <summary>How a command changed a folder.</summary>
/// <param name="Succeeded">False: nothing has changed, and the error says why.</param>
/// <param name="Changes">In the order of their paths.</param>
/// <param name="Output">The end of what the command wrote, at most 8 KiB; null: no command was run.</param>
internal sealed record ChangeReport(bool Succeeded, IReadOnlyList<FileChange> Changes, string? Output, InstallError? Error, IReadOnlyList<InstallWarning> Warnings);

/// <summary>
/// Changes a folder of this machine all at once or not at all: a command works on a copy, and what it changed goes into another one beside the folder, which
/// takes its place in one step.
/// </summary>
internal sealed class ChangeFolder(StagedFolder staged, IOptions<InstallOptions> options)
{
    private readonly ConcurrentDictionary<string, byte> busy = new(StringComparer.Ordinal);

    /// <param name="folder">With every link in its path resolved.</param>
    /// <param name="context">An empty folder, for the copy that the command works on.</param>
    /// <param name="change">Changes the copy; null: without a command.</param>
    /// <exception cref="InstallFailedException">Nothing has changed, and that is not the command's fault.</exception>
    public async Task<ChangeReport> RunAsync(
        CommandWork.Place place, string folder, string context, IReadOnlyList<InstallWarning> warnings, Func<Task<CommandOutcome?>> change, CancellationToken ct)
    {
        if (!busy.TryAdd(folder, 0)) throw CommandErrors.FolderBusy(folder);
        try
        {
            StagedFolder.RemoveLeftOver(folder);
            await Task.Run(() => Tree.Copy(folder, context, options.Value, ct), ct);
            var before = await FolderSnapshot.TakeAsync(context, options.Value, ct);
            var outcome = await change();
            if (outcome?.Error is { } error) return new(false, [], outcome.Words, error, warnings);
            var after = await FolderSnapshot.TakeAsync(context, options.Value, ct);
            if (!FolderSnapshot.AreSame(before, after)) await staged.ReplaceAsync(place.Id, folder, context, before, WithLinks(context, before, after), ct);
            return new(true, FolderSnapshot.Compare(before, after), outcome?.Words, null, warnings);
        }
        finally
        {
            busy.TryRemove(folder, out _);
        }
    }

    // What a command leaves may lead to files that are this service's alone to read; its owner's own links are as they were.
    private static Dictionary<string, string> WithLinks(string context, IReadOnlyDictionary<string, string> before, IReadOnlyDictionary<string, string> after)
    {
        var (links, bad) = (new Links(context), new List<string>());
        var kept = new Dictionary<string, string>(after, StringComparer.Ordinal);
        foreach (var (path, entry) in after.Where(entry => before.GetValueOrDefault(entry.Key) != entry.Value))
        {
            if (FolderSnapshot.LinkTarget(entry) is not { } target) continue;
            if (links.Allowed(path, target) is { } allowed) kept[path] = FolderSnapshot.LinkTo(allowed);
            else bad.Add($"{path} → {target}");
        }
        return bad.Count > 0 ? throw CommandErrors.BadLinks(bad) : kept;
    }
}
