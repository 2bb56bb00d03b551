using System.Text.Json.Nodes;

namespace Platform.Tests.Chaos;

/// <summary>The invariants of reliability.md as far as one run shows them. Each answers what it found wrong; nothing: it holds.</summary>
internal static class RunChecks
{
    private static readonly string[] Kinds = ["inserted", "updated", "unchanged", "deleted", "rejected", "superseded"];

    /// <summary>I5: only a complete run that succeeded deletes what it did not send.</summary>
    /// <param name="before">Keys that were there before the run.</param>
    /// <param name="after">Keys that are there now.</param>
    public static IEnumerable<string> Sweep(JsonNode run, IReadOnlySet<string> before, IReadOnlySet<string> after)
    {
        var gone = before.Except(after).ToList();
        if ((string?)run["state"] != "succeeded" && gone.Count > 0)
            yield return $"I5: a run that {run["state"]} deleted {gone.Count} objects, such as {gone[0]}";
        if ((long)run["counts"]!["swept"]! != gone.Count)
            yield return $"I5: the run says that it swept {run["counts"]!["swept"]} objects, {gone.Count} are gone";
    }

    /// <summary>I7: what was received went somewhere, and the event says the same.</summary>
    /// <param name="published">The counts of the event that told the end; null: none came.</param>
    public static IEnumerable<string> Counts(JsonNode run, JsonNode? published)
    {
        var counts = run["counts"]!;
        var sum = Kinds.Sum(kind => (long)counts[kind]!);
        if (sum != (long)counts["received"]!)
            yield return $"I7: received {counts["received"]}, but all kinds together are {sum}";
        if (published is null)
            yield return "I6: no event told the end of the run";
        else if (!JsonNode.DeepEquals(counts, published))
            yield return $"I7: the run counts {counts.ToJsonString()}, its event {published.ToJsonString()}";
    }

    /// <summary>I13: the secret stands in none of these.</summary>
    public static IEnumerable<string> Secrets(string secret, IEnumerable<(string Where, string Text)> places) =>
        places.Where(place => place.Text.Contains(secret, StringComparison.Ordinal)).Select(place => $"I13: the secret stands in {place.Where}");

    /// <summary>I12: no service has ever held more.</summary>
    public static IEnumerable<string> Memory(IEnumerable<(string Service, long PeakBytes)> peaks, long limitBytes) =>
        peaks.Where(peak => peak.PeakBytes > limitBytes).Select(peak => $"I12: {peak.Service} held {peak.PeakBytes >> 20} MiB");
}
