using System.Text;

namespace Platform.Runner.Processes;

// Apart, as another service compiles the rest of it too.
internal static partial class ProcessTable
{
    /// <summary>
    /// The processes of a run: those with its folder in their environment, and those that have shed that but not the resource limit that
    /// marks it, which every child inherits.
    /// </summary>
    public static IReadOnlyList<int> OfRun(string folder)
    {
        var wanted = Encoding.UTF8.GetBytes($"{RunFolder.Marker}={folder}\0");
        var mark = RunFolder.MarkOf(folder);
        return [.. Ids().Where(pid => pid != Environment.ProcessId
            && (HardLimit(pid, "Max file locks") == mark || (Read(pid, "environ") is { } bytes && bytes.AsSpan().IndexOf(wanted) >= 0)))];
    }
}
