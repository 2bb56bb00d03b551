namespace Platform.Benchmarks.Report;

/// <summary>One contestant at one measure.</summary>
/// <param name="ProcessorMicroseconds">
/// Spent by all its processes for each call, message or object, where that was measured. Less disturbed by what else the machine does
/// than the time that passes.
/// </param>
internal sealed record Series(string Contestant, IReadOnlyList<double> Samples, IReadOnlyList<double>? ProcessorMicroseconds = null)
{
    public double Median { get; } = MedianOf(Samples);

    public double? MedianProcessorMicroseconds { get; } = ProcessorMicroseconds is null ? null : MedianOf(ProcessorMicroseconds);

    private static double MedianOf(IReadOnlyList<double> samples) => samples.Order().ElementAt(samples.Count / 2);
}

/// <param name="Took">The time that counts.</param>
/// <param name="Processor">Of all the contestant's processes, within the round.</param>
internal sealed record Sample(long Count, TimeSpan Took, TimeSpan Processor)
{
    public double PerSecond => Count / Took.TotalSeconds;

    public static Series ToSeries(string contestant, IReadOnlyList<Sample> samples) =>
        new(contestant, [.. samples.Select(s => s.PerSecond)], [.. samples.Select(s => s.Processor.TotalMicroseconds / s.Count)]);
}

/// <param name="Peer">The contestant that the others are compared with, if there is one.</param>
internal sealed record Measure(string Name, string Unit, string? Peer, IReadOnlyList<Series> Series)
{
    public double Median(string contestant) => Series.Single(s => s.Contestant == contestant).Median;

    public double Ratio(string contestant, string other) => Median(contestant) / Median(other);
}

/// <param name="AtLeast">True: the value has to reach the limit; false: it must not exceed it.</param>
internal sealed record Goal(string Name, double Value, double Limit, bool AtLeast)
{
    public bool Met => AtLeast ? Value >= Limit : Value <= Limit;

    public override string ToString() =>
        FormattableString.Invariant($"goal {Name}: {Value:0.00#} (goal {(AtLeast ? '≥' : '≤')} {Limit:0.00}) {(Met ? "met" : "missed")}");
}

internal sealed class Results
{
    public List<Measure> Measures { get; } = [];

    public List<Goal> Goals { get; } = [];
}
