namespace Platform.Standins.Tests.Grpc.Soak;

internal sealed record Leftovers(int Sockets, long HeapBytes)
{
    public static Leftovers Take()
    {
        for (var round = 0; round < 3; round++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        return new(OpenSockets(), GC.GetTotalMemory(forceFullCollection: true));
    }

    private static int OpenSockets() => Directory.EnumerateFileSystemEntries("/proc/self/fd")
        .Count(entry => new FileInfo(entry).LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) == true);
}
