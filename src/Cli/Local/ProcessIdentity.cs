using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Serialization;

namespace Platform.Cli.Local;

/// <summary>A process by id and start time: ids come round again, this pair does not.</summary>
/// <param name="StartedAt">Clock ticks since the machine started, field 22 of /proc/PID/stat.</param>
internal sealed partial record ProcessIdentity(int Pid, long StartedAt)
{
    private const int SigTerm = 15;
    private const int SigKill = 9;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    public static ProcessIdentity Current => Of(Environment.ProcessId) ?? throw new InvalidOperationException("/proc does not know this process.");

    [JsonIgnore]
    public bool IsAlive => Of(Pid) == this;

    /// <summary>Null: there is no such process, or it has ended and only waits to be collected.</summary>
    public static ProcessIdentity? Of(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            // The name, second field, is in brackets and may hold anything.
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? null : new ProcessIdentity(pid, long.Parse(fields[19], CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public void Terminate() => Signal(SigTerm);

    public void Kill() => Signal(SigKill);

    /// <returns>Whether it ended in time.</returns>
    public async Task<bool> WaitForEndAsync(TimeSpan within)
    {
        for (var deadline = DateTime.UtcNow + within; IsAlive; await Task.Delay(Pause))
            if (DateTime.UtcNow > deadline) return false;
        return true;
    }

    private void Signal(int signal)
    {
        if (IsAlive) _ = SendSignal(Pid, signal);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int pid, int signal);
}
