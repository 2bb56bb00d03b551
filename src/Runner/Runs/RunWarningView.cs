using System.Text.Json;
using Platform.Ingest.V1;
using Platform.ServiceDefaults;

namespace Platform.Runner.Runs;

/// <summary>Something that a person should look at, although the run has succeeded.</summary>
/// <param name="Code">delete_guard: the sweep of this stream waits for <c>POST /v1/runs/{id}/sweep</c>. sweep_skipped: it is not known what is gone.</param>
/// <param name="Stream">The stream that it is about; empty for connectors that have only one.</param>
internal sealed record RunWarningView(string Code, string Message, string? Remedy, string Stream)
{
    /// <summary>As the column <c>warnings</c> keeps them.</summary>
    public static string ToJson(IEnumerable<RunWarning> warnings) => JsonSerializer.Serialize(
        warnings.Select(w => new RunWarningView(Storable(w.Code), Storable(w.Message), w.Remedy.Length == 0 ? null : Storable(w.Remedy), Storable(w.Stream))),
        PlatformJson.Options);

    // The same empty list each time: records compare lists by reference, and a view that differs is told anew as progress.
    public static IReadOnlyList<RunWarningView> Parse(string json) =>
        json == "[]" ? [] : JsonSerializer.Deserialize<RunWarningView[]>(json, PlatformJson.Options)!;

    // jsonb refuses it.
    private static string Storable(string text) => text.Replace("\0", "", StringComparison.Ordinal);
}
