namespace Platform.Benchmarks.Report;

/// <summary>One contestant at one measure.</summary>
internal sealed record Series(string Contestant, IReadOnlyList<double> Samples)
{
    public double Median { get; } = Samples.Order().ElementAt(Samples.Count / 2);
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
        FormattableString.Invariant($"goal {Name}: {Value:0.00} (goal {(AtLeast ? '≥' : '≤')} {Limit:0.00}) {(Met ? "met" : "missed")}");
}

internal sealed class Results
{
    public List<Measure> Measures { get; } = [];

    public List<Goal> Goals { get; } = [];
}
