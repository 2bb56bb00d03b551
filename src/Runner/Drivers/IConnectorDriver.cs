using Platform.Runner.Processes;
using Platform.Runner.Runs;

namespace Platform.Runner.Drivers;

/// <summary>
/// One way to talk to connectors. Implementations are registered by the protocol string of the manifest; nothing outside
/// this folder knows their names.
/// </summary>
internal interface IConnectorDriver
{
    /// <summary>Every attempt sends everything anew. False: it goes on from the states in <see cref="PageLoad.States"/>.</summary>
    bool StartsOver { get; }

    /// <summary>
    /// Starts the connector as a sync would, waits until it can be talked to, asks what it tells about itself, and ends it with everything
    /// that it started before this returns or throws.
    /// </summary>
    /// <exception cref="RunFaultException">The connector can't be talked to.</exception>
    /// <exception cref="OperationCanceledException">Cancelled: the connector was told, given its grace and killed.</exception>
    Task<ConnectorDescription> DescribeAsync(ConnectorLaunch launch, CancellationToken cancel);

    /// <summary>
    /// Starts the connector, lets it sync into <see cref="SyncWork.Pages"/> and ends it, with everything that it started,
    /// before this returns or throws.
    /// </summary>
    /// <exception cref="RunFaultException">The connector failed, or a page was not accepted.</exception>
    /// <exception cref="OperationCanceledException">Cancelled: the connector was told, given its grace and killed.</exception>
    Task<SyncEnd> SyncAsync(SyncWork work, CancellationToken cancel);
}

/// <summary>What is known of a connector that answered.</summary>
/// <param name="Isolation">That applied.</param>
internal sealed record ConnectorDescription(string Isolation);

/// <summary>One sync to do.</summary>
/// <param name="Options">As the user gave them; secret: never in arguments, environment or logs.</param>
/// <param name="OnStarted">Gets the isolation that applies, once the connector answers.</param>
/// <param name="FullListing">The connection's owner knows that every run lists everything, whether the connector says so or not.</param>
internal sealed record SyncWork(ConnectorLaunch Launch, string Options, PageLoad Pages, Action<string> OnStarted, bool FullListing = false);

/// <param name="Result">The connector's closing words; empty when it has none.</param>
/// <param name="CompleteStreams">Of these the connector has sent everything there is.</param>
internal sealed record SyncEnd(string Result, IReadOnlyList<string> CompleteStreams);
