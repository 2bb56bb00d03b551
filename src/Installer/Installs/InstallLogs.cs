using System.Collections.Concurrent;

namespace Platform.Installer.Installs;

/// <summary>The logs of installs that are not final yet; all others are files.</summary>
internal sealed class InstallLogs(DataFolder data)
{
    private readonly ConcurrentDictionary<Guid, InstallLog> _live = new();

    public InstallLog Open(Guid id)
    {
        Directory.CreateDirectory(data.Install(id));
        return _live[id] = new InstallLog(PathOf(id));
    }

    public InstallLog? Find(Guid id) => _live.GetValueOrDefault(id);

    /// <summary>After the final status is written, so that whoever finds no live log finds a final status.</summary>
    public void Close(Guid id)
    {
        if (_live.TryRemove(id, out var log)) log.Dispose();
    }

    public IReadOnlyList<LogLine> Read(Guid id) => InstallLog.Read(PathOf(id));

    private string PathOf(Guid id) => Path.Combine(data.Install(id), "log");
}
