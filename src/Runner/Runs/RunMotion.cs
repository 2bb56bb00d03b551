using System.Diagnostics;
using Grpc.Core;
using Npgsql;
using Platform.ServiceDefaults;

namespace Platform.Runner.Runs;

/// <summary>What a run that stands still waits for.</summary>
internal static class WaitingFor
{
    public const string Connector = "connector";
    public const string Ingest = "ingest";
    public const string Database = "database";
    public const string Broker = "broker";
    public const string Slot = "slot";
}

/// <summary>How a run is getting on, as its row shows it.</summary>
/// <param name="ObjectsPerSecond">Over the last seconds.</param>
/// <param name="WaitingFor">One of <see cref="Runs.WaitingFor"/>; null while things move.</param>
/// <param name="Message">The connector's own words, secrets masked.</param>
/// <param name="Fraction">From 0 to 1, by the connector's word.</param>
internal sealed record RunSigns(string Stage, LoadTotals Totals, double ObjectsPerSecond, string? WaitingFor, string? Message, double? Fraction);

/// <summary>Watches an attempt: how fast objects come, what its connector says, and why nothing moves. Thread-safe.</summary>
internal sealed class RunMotion(SignsOfLife life)
{
    private const int MaxMessageCharacters = 500;
    // After so long without a step, the one who owes it is named.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RateWindow = TimeSpan.FromSeconds(5);

    private readonly Lock gate = new();
    private readonly Queue<(long At, long Received)> samples = [];
    private string? message;
    private double? fraction;
    private string? closingHeldBy;
    private long closingSince;

    /// <summary>The connector says where it is.</summary>
    /// <param name="text">With secrets masked.</param>
    public void Say(string text, double? done)
    {
        lock (gate)
        {
            message = text.Length <= MaxMessageCharacters ? text : text[..MaxMessageCharacters] + "…";
            fraction = done is { } part && double.IsFinite(part) ? Math.Clamp(part, 0, 1) : null;
        }
    }

    /// <summary>The decision could not be had yet.</summary>
    public void ClosingFailed(Exception why)
    {
        lock (gate)
            closingHeldBy = why is NpgsqlException || (why is RpcException rpc && ProblemException.FromRpc(rpc)?.Problem.Code == "database_unavailable") ? WaitingFor.Database : WaitingFor.Ingest;
    }

    /// <summary>To be asked about once a second: the rate is that of the times of asking.</summary>
    public RunSigns Signs(string stage, LoadTotals totals, PageLoad? pages)
    {
        lock (gate)
            return new(stage, totals, Rate((long)totals.Counts.Received), Why(stage, pages), message, fraction);
    }

    private double Rate(long received)
    {
        samples.Enqueue((Stopwatch.GetTimestamp(), received));
        while (samples.Count > 2 && Stopwatch.GetElapsedTime(samples.Peek().At) > RateWindow)
            samples.Dequeue();
        var (at, before) = samples.Peek();
        var seconds = Stopwatch.GetElapsedTime(at).TotalSeconds;
        return samples.Count > 1 && seconds > 0 ? Math.Round(Math.Max(0, received - before) / seconds, 1) : 0;
    }

    private string? Why(string stage, PageLoad? pages)
    {
        if (stage == RunStage.Starting)
            return WaitingFor.Connector;
        if (stage == RunStage.Closing)
        {
            if (closingSince == 0)
                closingSince = Stopwatch.GetTimestamp();
            return closingHeldBy ?? (Stopwatch.GetElapsedTime(closingSince) > Patience ? WaitingFor.Ingest : null);
        }

        if ((pages is null ? life.WaitingTime : pages.Unanswered) > Patience)
            return WaitingFor.Ingest;
        return life.Silence > Patience && pages?.Unanswered is null ? WaitingFor.Connector : null;
    }
}
