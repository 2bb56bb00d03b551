using Microsoft.Extensions.Options;

namespace Platform.Installer.Installs;

/// <summary>Keeps the folders of the installs that were finished last, and removes older ones; one whose answer is not confirmed stays.</summary>
internal sealed class OldInstalls(DataFolder data, InstallStatuses statuses, IOptions<InstallOptions> options)
{
    private readonly Lock _lock = new();

    /// <summary>At start, when nothing runs: folders that a crash left before their status was written go too.</summary>
    public void Prepare()
    {
        foreach (var folder in Directory.EnumerateDirectories(data.Installs))
            if (!Guid.TryParse(Path.GetFileName(folder), out var id) || statuses.Find(id) is null) Tree.Delete(folder);
        Prune();
    }

    public void Prune()
    {
        lock (_lock)
        {
            var old = statuses.All().Where(status => status is { IsFinal: true, Answered: true }).OrderByDescending(status => status.FinishedAt);
            foreach (var status in old.Skip(options.Value.KeepInstalls)) Tree.Delete(data.Install(status.InstallId));
        }
    }
}
