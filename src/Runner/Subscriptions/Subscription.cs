using System.Text.Json;
using Platform.Runner.Runs;
using Platform.ServiceDefaults;

namespace Platform.Runner.Subscriptions;

internal static class SubscriptionState
{
    public const string Waiting = "waiting";
    public const string Listening = "listening";
    public const string Failing = "failing";
}

/// <summary>A row of <c>subscriptions</c>.</summary>
internal sealed class Subscription
{
    public Guid Id { get; init; }
    public Guid ConnectionId { get; init; }
    public string Connection { get; init; } = "";
    public string Connector { get; init; } = "";
    public string Event { get; init; } = "";
    public string Arguments { get; init; } = "{}";
    public string State { get; init; } = "";
    public string? Error { get; init; }
    public long Received { get; init; }
    public DateTimeOffset? LastReceivedAt { get; init; }
    public string? Actor { get; init; }
    public DateTimeOffset CreatedAt { get; init; }

    public SubscriptionView View() => new(
        Id, Connection, Event, JsonElement.Parse(Arguments), State, RunErrorView.Parse(Error), Received, LastReceivedAt, Actor, CreatedAt);
}

/// <summary>A subscription as the API shows it.</summary>
/// <param name="Event">Also the stream of its objects.</param>
/// <param name="State">waiting, listening, or failing: then it is tried again until it is deleted.</param>
/// <param name="Error">Why it is failing.</param>
/// <param name="Received">Objects that it has brought; a little behind.</param>
internal sealed record SubscriptionView(
    Guid Id, string Connection, string Event, JsonElement Arguments, string State, RunErrorView? Error, long Received, DateTimeOffset? LastReceivedAt,
    string? Actor, DateTimeOffset CreatedAt);

/// <summary>A row of <c>listeners</c>, under a lease.</summary>
internal sealed class Listener
{
    public Guid ConnectionId { get; init; }
    public string Connection { get; init; } = "";
    public string Connector { get; init; } = "";
    public Guid RunId { get; init; }
    public long Fence { get; init; }
    public int Failures { get; init; }

    public Ingest.V1.RunIdentity Identity() => new()
    {
        RunId = RunId.ToString(),
        ConnectionId = ConnectionId.ToString(),
        Connection = Connection,
        Connector = Connector,
        Fence = Fence,
        Kind = Ingest.V1.RunKind.Listen,
    };
}
