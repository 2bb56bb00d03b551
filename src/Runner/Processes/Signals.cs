using System.Runtime.InteropServices;

namespace Platform.Runner.Processes;

internal static partial class Signals
{
    private const int SigKill = 9;
    private const int SigTerm = 15;

    /// <summary>Kills a process, or with a negative id a process group; one that is gone is fine.</summary>
    public static void Kill(int pid) => _ = KillNative(pid, SigKill);

    /// <summary>Asks a process to end; one that is gone is fine.</summary>
    public static void Terminate(int pid) => _ = KillNative(pid, SigTerm);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int KillNative(int pid, int signal);
}
