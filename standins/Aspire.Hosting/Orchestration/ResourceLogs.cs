using System.Text.RegularExpressions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Orchestration;

/// <summary>
/// What the resources print: on the console, each line behind its resource's name (coloured on a terminal, plain otherwise);
/// in a test through ILogger under "{AppHost}.Resources.{name}". The last lines are kept for the error when a resource ends.
/// </summary>
internal sealed partial class ResourceLogs(HostingOptions options, ILoggerFactory loggers, IHostEnvironment environment)
{
    private const int TailLines = 20;
    private static readonly ConsoleColor[] colours =
        [ConsoleColor.Cyan, ConsoleColor.Green, ConsoleColor.Magenta, ConsoleColor.Yellow, ConsoleColor.Blue, ConsoleColor.DarkCyan, ConsoleColor.DarkGreen, ConsoleColor.DarkYellow];

    private readonly Lock gate = new();
    private readonly Dictionary<string, (Queue<string> Tail, ConsoleColor Colour)> resources = [];
    private readonly bool coloured = !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("NO_COLOR") is null or "";

    internal void Write(string resource, string line, bool error = false)
    {
        var plain = AnsiSequence().Replace(line, "");
        lock (gate)
        {
            if (!resources.TryGetValue(resource, out var known))
                resources[resource] = known = (new(), colours[resources.Count % colours.Length]);
            known.Tail.Enqueue(plain);
            if (known.Tail.Count > TailLines)
                known.Tail.Dequeue();
            if (!options.Testing)
                WriteToConsole(resource, coloured ? line : plain, known.Colour);
        }
        if (options.Testing)
            loggers.CreateLogger($"{environment.ApplicationName}.Resources.{resource}").Log(error ? LogLevel.Error : LogLevel.Information, "{Line}", plain);
    }

    internal string Tail(string resource)
    {
        lock (gate)
            return resources.TryGetValue(resource, out var known) ? string.Join(Environment.NewLine, known.Tail) : "";
    }

    private void WriteToConsole(string resource, string line, ConsoleColor colour)
    {
        if (coloured)
            Console.ForegroundColor = colour;
        Console.Write($"{resource,-12} ");
        if (coloured)
            Console.ResetColor();
        Console.WriteLine(line);
    }

    [GeneratedRegex(@"\x1B\[[0-9;]*[A-Za-z]")]
    private static partial Regex AnsiSequence();
}
