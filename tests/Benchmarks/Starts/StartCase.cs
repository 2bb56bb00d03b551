using System.Text.Json;
using Platform.Benchmarks.Processes;

namespace Platform.Benchmarks.Starts;

/// <summary>A connector to start.</summary>
/// <param name="Answers">False: it prints a line and ends, which shows what the way to there costs.</param>
internal sealed record StartCase(string Name, string Bundle, string Command, bool Answers = true)
{
    public static IReadOnlyList<StartCase> All { get; } =
    [
        new("C#", CSharp, CommandIn(CSharp)),
        new("Go", Path.GetDirectoryName(Programs.Go("files-go")[0])!, "./files-go"),
        new("Python", Path.Combine(Programs.Root, "tests", "Benchmarks", "Python"), "/usr/bin/python3 connector.py"),
        new("nothing (echo)", "/usr/bin", "/bin/echo started", Answers: false),
    ];

    // Published there by ./platform.
    private static string CSharp => Path.Combine(Programs.Root, "artifacts", "connectors", "files");

    private static string CommandIn(string bundle)
    {
        using var manifest = JsonDocument.Parse(File.ReadAllText(Path.Combine(bundle, "manifest.json")));
        return manifest.RootElement.GetProperty("command").GetString()!;
    }
}
