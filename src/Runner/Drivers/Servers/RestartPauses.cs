using System.Diagnostics;

namespace Platform.Runner.Drivers.Servers;

/// <summary>How long to wait before a server is started that has died again and again. Not safe for use by several threads.</summary>
internal sealed class RestartPauses
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);
    // What lived, or was left alone, for so long has a clean record.
    private static readonly TimeSpan Forgiven = TimeSpan.FromMinutes(2);
    private readonly Dictionary<string, (int Deaths, long Last)> records = [];

    /// <param name="lived">From its start to now; also when it never got ready.</param>
    public void Died(string key, TimeSpan lived)
    {
        foreach (var old in records.Where(r => Stopwatch.GetElapsedTime(r.Value.Last) > Forgiven).Select(r => r.Key).ToList())
            records.Remove(old);
        records[key] = (lived > Forgiven ? 1 : records.GetValueOrDefault(key).Deaths + 1, Stopwatch.GetTimestamp());
    }

    /// <summary>Nothing after the first death: one may happen. Then a second from the last one, and each time twice as long.</summary>
    public TimeSpan Before(string key)
    {
        if (!records.TryGetValue(key, out var record) || record.Deaths < 2)
            return TimeSpan.Zero;
        var pause = First * Math.Pow(2, Math.Min(record.Deaths - 2, 10));
        var left = (pause < Longest ? pause : Longest) - Stopwatch.GetElapsedTime(record.Last);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
