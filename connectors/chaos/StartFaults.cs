using System.Diagnostics;

namespace Platform.Connectors.Chaos;

/// <summary>
/// What goes wrong before there are options. The file that the environment variable CHAOS_START names says it, so that a version can be installed in good
/// health and misbehave later; without the file nothing goes wrong.
/// </summary>
internal static class StartFaults
{
    private const int LongLine = 1 << 20;

    public static void Apply()
    {
        if (Environment.GetEnvironmentVariable("CHAOS_START") is not { } path || !File.Exists(path))
            return;
        switch (File.ReadAllText(path).Trim())
        {
            case "exit-0":
                Environment.Exit(0);
                break;
            case "exit-1":
                Console.Error.WriteLine("could not open the licence file");
                Environment.Exit(1);
                break;
            case "exit-2":
                Environment.Exit(2);
                break;
            case "killed":
                Process.GetCurrentProcess().Kill();
                break;
            case "silent":
                Thread.Sleep(Timeout.Infinite);
                break;
            case "wrong-line":
                Say("Listening on port 8080 ...");
                break;
            case "two-lines":
                Console.Out.WriteLine("Welcome!");
                Say("1|3|unix|/tmp/nowhere|grpc|");
                break;
            case "long-line":
                Say(new string('1', LongLine));
                break;
            case "wrong-version":
                Say("1|7|unix|/tmp/nowhere|grpc|");
                break;
            case "nobody-listens":
                Say("1|3|unix|/tmp/nowhere|grpc|");
                break;
            case var unknown:
                throw new ArgumentException($"There is no fault of the start called {unknown}.");
        }
    }

    private static void Say(string line)
    {
        Console.Out.WriteLine(line);
        Console.Out.Flush();
        Thread.Sleep(Timeout.Infinite);
    }
}
