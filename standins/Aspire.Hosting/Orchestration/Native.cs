using System.Runtime.InteropServices;

namespace Aspire.Hosting.Orchestration;

internal enum Signal
{
    Interrupt = 2,
    Quit = 3,
    Kill = 9,
    Terminate = 15,
}

internal static class Native
{
    internal static bool IsRoot => geteuid() == 0;

    /// <param name="pid">Negative: the process group.</param>
    internal static void Send(int pid, Signal signal) => _ = kill(pid, (int)signal);

    /// <summary>False when the folder exists already: then it is somebody else's.</summary>
    internal static bool CreateFolder(string path) => mkdir(path, 0b111_000_000) == 0;

    [DllImport("libc", SetLastError = true)]
    private static extern int kill(int pid, int signal);

    [DllImport("libc")]
    private static extern uint geteuid();

    [DllImport("libc", SetLastError = true, CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int mkdir([MarshalAs(UnmanagedType.LPUTF8Str)] string path, uint mode);
}
