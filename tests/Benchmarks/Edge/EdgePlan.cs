namespace Platform.Benchmarks.Edge;

/// <summary>How long and how often is measured.</summary>
/// <param name="Seconds">Of each contestant in each round; wrk takes whole ones.</param>
/// <param name="Streams">Of events, open at a time.</param>
/// <param name="IdleSeconds">That they are silent; in more than 20 each has a comment that it is alive.</param>
/// <param name="Changes">Each is one event.</param>
internal sealed record EdgePlan(string Name, int Rounds, int Seconds, int WarmUpSeconds, int Streams, int IdleSeconds, int Changes)
{
    public static readonly EdgePlan Usual = new("usual", 7, 2, 10, 10_000, 30, 20);
    public static readonly EdgePlan Full = new("full", 15, 3, 15, 10_000, 60, 40);

    /// <summary>Only shows that everything runs; the numbers mean nothing.</summary>
    public static readonly EdgePlan Smoke = new("smoke", 1, 1, 1, 200, 1, 6);

    /// <summary>One token asks for more here than the defaults let it. Everything else is as somebody has it who sets nothing.</summary>
    public static readonly (string Name, string Value)[] Limits =
        [("Limits__RequestsPerSecond", "1000000"), ("Limits__Burst", "1000000"), ("Limits__StreamsPerToken", "20000")];

    public static EdgePlan Of(Plan plan) => plan == Plan.Full ? Full : plan == Plan.Smoke ? Smoke : Usual;

    public override string ToString() => FormattableString.Invariant(
        $"{Name}: {Rounds} rounds of {Seconds} s after {WarmUpSeconds} s; {Streams} streams for {IdleSeconds} s, then {Changes} events; {string.Join(' ', Limits.Select(l => $"{l.Name}={l.Value}"))}");
}
