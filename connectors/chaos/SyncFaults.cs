using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Platform.Connectors;

namespace Platform.Connectors.Chaos;

/// <summary>What goes wrong in a sync, by the name in the option fault; some of it also in an action.</summary>
internal static class SyncFaults
{
    private const int Flood = 64 << 20;
    private const int Line = 1 << 10;

    /// <summary>Goes wrong now. What it returns is sent in the place where it happens.</summary>
    public static IEnumerable<SyncMessage> Commit(ChaosOptions options, SyncContext context)
    {
        switch (options.Fault)
        {
            case "none" or "check":
                break;
            case "exit-0" or "exit-1" or "exit-2":
                Environment.Exit(options.Fault[^1] - '0');
                break;
            case "killed":
                Process.GetCurrentProcess().Kill();
                break;
            case "hang":
                Thread.Sleep(Timeout.Infinite);
                break;
            case "stopped":
                _ = kill(Environment.ProcessId, StopSignal);
                Thread.Sleep(Timeout.Infinite);
                break;
            case "error":
                throw new InvalidOperationException("the source said: quota exceeded");
            case "transient":
                throw new TransientException("the source is being restarted");
            case "leak":
                context.Log.LogWarning("logging in with {Password}", options.Password);
                Console.Error.WriteLine("on standard error: " + options.Password);
                Console.Out.WriteLine("printed: " + options.Password);
                throw new InvalidOperationException("login refused for the password " + options.Password);
            case "flood-stderr":
                WriteLines(Console.Error);
                break;
            case "flood-stdout":
                WriteLines(Console.Out);
                break;
            case "same-key":
                return [SyncMessage.Page([Thing("twice", "one"), Thing("twice", "two")])];
            case "empty-key":
                return [SyncMessage.Page([Thing("", "nobody")])];
            case "nul":
                return [SyncMessage.Page([Thing("with\0nul", "x")])];
            case "large-object":
                return [SyncMessage.Page([Thing("large", new string('x', 200_000_000))])];
            case "page-after-end":
                return [SyncMessage.End(""), SyncMessage.Page([Thing("late", "x")], "")];
            case "large-state":
                return [SyncMessage.State(new byte[(1 << 20) + 1])];
            case "fork":
                ForkAway(options.Mark);
                break;
            case "linger":
                Linger(options.Mark);
                break;
            case "eat-memory":
                EatMemory();
                break;
            case "eat-cpu":
                EatProcessor();
                break;
            case "eat-handles":
                EatHandles();
                break;
            case "eat-disk":
                EatDisk();
                break;
            case var unknown:
                throw new ArgumentException($"There is no fault called {unknown}.");
        }

        return [];
    }

    private const int StopSignal = 19;

    private static DataObject Thing(string key, string metadata) => new(key, "thing", "chaos://" + key, metadata);

    private static void WriteLines(TextWriter writer)
    {
        var line = new string('f', Line - 1);
        for (var written = 0; written < Flood; written += Line)
            writer.WriteLine(line);
    }

    // In a session of its own, its parent gone, its environment empty and none of our pipes open.
    private static void ForkAway(int mark)
    {
        using var shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"env -i setsid sleep {mark} </dev/null >/dev/null 2>&1 &"]))!;
        shell.WaitForExit();
    }

    // A thread and a child that end for nobody.
    private static void Linger(int mark)
    {
        new Thread(() => Thread.Sleep(Timeout.Infinite)) { IsBackground = false }.Start();
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => signal.Cancel = true);
        Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"trap '' TERM; sleep {mark}; sleep {mark}"]));
    }

    private static void EatMemory()
    {
        List<byte[]> kept = [];
        while (true)
        {
            var block = new byte[16 << 20];
            Array.Fill(block, (byte)1);
            kept.Add(block);
        }
    }

    private static void EatProcessor()
    {
        for (var i = 0; i < Environment.ProcessorCount * 2; i++)
            new Thread(() => { while (true) ; }) { IsBackground = true }.Start();
        while (true) ;
    }

    private static void EatHandles()
    {
        List<FileStream> kept = [];
        while (true)
            kept.Add(new FileStream("/proc/self/status", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1));
    }

    private static void EatDisk()
    {
        var folder = Environment.GetEnvironmentVariable("TMPDIR")!;
        var block = new byte[4 << 20];
        for (var i = 0; ; i++)
        {
            using var file = File.Create(Path.Combine(folder, i.ToString(CultureInfo.InvariantCulture)));
            for (var n = 0; n < 16; n++)
                file.Write(block);
        }
    }

    [DllImport("libc"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int kill(int process, int signal);
}
