namespace Platform.Connectors;

/// <summary>
/// A source of objects. Derive, implement <see cref="SyncAsync"/> and hand the class to <see cref="ConnectorHost"/>.
/// </summary>
/// <typeparam name="TOptions">
/// The connector's options, usually a record. They are read from the user's option string as JSON with snake_case
/// names; a missing <c>required</c> member or an unknown one fails the sync with a message that names it.
/// A connector that wants the string itself uses <see cref="string"/>.
/// </typeparam>
public abstract class Connector<TOptions>
{
    /// <summary>
    /// Yields everything that the source has, a message at a time. Each page is committed by the platform before the
    /// next one is asked for; an exception fails the run with its message.
    /// </summary>
    /// <param name="options">What the user gave this connection.</param>
    /// <param name="context">The run: log and settings.</param>
    /// <param name="cancellationToken">Ends when the run is cancelled; the process has 2 s from then.</param>
    public abstract IAsyncEnumerable<SyncMessage> SyncAsync(
        TOptions options, SyncContext context, CancellationToken cancellationToken);
}
