namespace Platform.Gateway.Webhooks;

/// <summary>The section <c>Webhooks</c> of the configuration.</summary>
internal sealed class WebhookOptions
{
    public const string Section = "Webhooks";

    private static readonly double[] Default = [5, 60, 300, 1800, 7200, 18_000, 36_000, 36_000];

    /// <summary>Seconds between one attempt and the next; after the last one the delivery is dead. Null: about 28 hours, from 5 seconds to 10 hours.</summary>
    public double[]? RetrySeconds { get; init; }

    public IReadOnlyList<double> Retries => RetrySeconds ?? Default;

    /// <summary>So many webhooks are sent to at once by a process.</summary>
    public int Concurrency { get; init; } = 16;
}
