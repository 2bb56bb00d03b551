using Platform.Runner.Processes;

namespace Platform.Runner.Drivers;

/// <summary>A connector that publishes, held ready to be subscribed to. Disposing ends all subscriptions, as far as the connector lets them be ended, and lets it go.</summary>
internal abstract class ConnectorListener : IAsyncDisposable
{
    /// <summary>Ends once nothing comes any more, with the reason; never fails.</summary>
    public abstract Task<RunFaultException> Ended { get; }

    /// <exception cref="RunFaultException">The connector did not take it.</exception>
    public abstract Task SubscribeAsync(SubscriptionWork subscription, CancellationToken cancel);

    /// <summary>Whatever still comes for it is refused. Never fails: a connector may know no end of a subscription.</summary>
    public abstract Task UnsubscribeAsync(Guid subscription, CancellationToken cancel);

    public abstract ValueTask DisposeAsync();
}

/// <param name="Options">As in <see cref="SyncWork"/>.</param>
/// <param name="Accept">
/// Takes one object of a subscription; it returns once the object is committed, and only then may the connector hear that it was taken.
/// </param>
internal sealed record ListenWork(ConnectorLaunch Launch, string Options, Func<Guid, HeardObject, CancellationToken, Task> Accept);

/// <param name="Event">As the specification names it.</param>
/// <param name="Arguments">A JSON object, validated, with defaults.</param>
internal sealed record SubscriptionWork(Guid Id, string Event, string Arguments);

/// <summary>What a connector published, as the object that becomes of it.</summary>
/// <param name="RemoteId">The same for the same event delivered again.</param>
/// <param name="Metadata">JSON.</param>
internal sealed record HeardObject(string RemoteId, string ResourceName, string Uri, string Metadata);
