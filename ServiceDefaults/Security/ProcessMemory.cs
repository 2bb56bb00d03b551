using System.Runtime.InteropServices;

namespace Platform.ServiceDefaults;

/// <summary>What other processes of the same user can see of this one.</summary>
internal static partial class ProcessMemory
{
    private const int SetDumpable = 4;

    /// <summary>
    /// Hides the environment that this process was started with, its memory and its files from them: a connector that nothing keeps apart
    /// runs as the same user. Without effect on root, and where there is no such call.
    /// </summary>
    public static void Hide()
    {
        if (OperatingSystem.IsLinux())
            _ = Control(SetDumpable, 0, 0, 0, 0);
    }

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int Control(int option, nint second, nint third, nint fourth, nint fifth);
}
