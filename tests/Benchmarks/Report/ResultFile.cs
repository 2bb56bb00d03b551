using System.Text.Encodings.Web;
using System.Text.Json;

namespace Platform.Benchmarks.Report;

/// <summary>The results with every sample, as JSON.</summary>
internal static class ResultFile
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(Results results, IReadOnlyDictionary<string, string> machine, string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        File.WriteAllText(path, JsonSerializer.Serialize(new { machine, results.Measures, results.Goals }, Json) + "\n");
        Console.Error.WriteLine($"Every sample is in {path}");
    }
}
