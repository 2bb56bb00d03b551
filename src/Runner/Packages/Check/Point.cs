using System.Text.Json.Serialization;

namespace Platform.Runner.Packages.Check;

/// <summary>How much a point counts: the words of the specification of packaged connectors, and what real connectors make of it.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Grade>))]
internal enum Grade
{
    /// <summary>Platforms rely on it: an image that fails it can't be run as others are.</summary>
    [JsonStringEnumMemberName("must")] Must,

    /// <summary>It should be so, and known connectors go without.</summary>
    [JsonStringEnumMemberName("should")] Should,

    /// <summary>Good to know.</summary>
    [JsonStringEnumMemberName("info")] Info,
}

[JsonConverter(typeof(JsonStringEnumConverter<Outcome>))]
internal enum Outcome
{
    [JsonStringEnumMemberName("passed")] Passed,
    [JsonStringEnumMemberName("failed")] Failed,

    /// <summary>Nothing is known: what it is about the image has not, or something before it failed; what was seen says which.</summary>
    [JsonStringEnumMemberName("skipped")] Skipped,
}

/// <summary>One thing that is expected of an image.</summary>
/// <param name="Id">Stable.</param>
/// <param name="Title">What is expected.</param>
/// <param name="Remedy">How to mend an image that fails it.</param>
internal sealed record Point(string Id, Grade Grade, string Title, string Remedy);

/// <param name="Seen">What led to the outcome, a sentence or two.</param>
/// <param name="Remedy">Null: nothing is to be mended.</param>
internal sealed record PointResult(string Id, Grade Grade, string Title, Outcome Outcome, string Seen, string? Remedy);

/// <summary>What a check found.</summary>
/// <param name="Image">As it was asked for.</param>
/// <param name="Id">Of the image that was checked.</param>
/// <param name="Passed">No MUST failed.</param>
/// <param name="Warnings">What the checker itself could not do; it says nothing about the image.</param>
/// <param name="Seconds">That the check took.</param>
internal sealed record ImageReport(
    string Image, string Id, bool Passed, FailedPoints Failed, IReadOnlyList<PointResult> Points, IReadOnlyList<string> Warnings, double Seconds);

/// <summary>How many points failed of each grade.</summary>
internal sealed record FailedPoints(int Must, int Should, int Info);
