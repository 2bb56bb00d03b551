namespace Platform.Connectors;

/// <summary>
/// A source of objects. Derive, implement <see cref="SyncAsync"/> and hand the class to <see cref="ConnectorHost"/>. What the platform shows of it comes from
/// the class: its name from <see cref="ConnectorAttribute"/>, its parameters from the members of <typeparamref name="TOptions"/>
/// (<see cref="ParameterAttribute"/>), its streams from <see cref="StreamAttribute"/>, and its actions from methods with <see cref="ActionAttribute"/>.
/// </summary>
/// <typeparam name="TOptions">
/// The connector's options, usually a record. They are read from the connection's options, a JSON object with snake_case
/// names; a missing <c>required</c> member or an unknown one is an error that names it.
/// A connector that wants the text itself uses <see cref="string"/>, and says nothing of its parameters.
/// </typeparam>
public abstract class Connector<TOptions>
{
    /// <summary>
    /// Yields everything that the source has to tell, a message at a time. Pages are on their way to the platform when the code goes on; a
    /// <see cref="SyncMessage.State{T}"/> is the checkpoint, stored together with all before it or not at all. An exception fails the run with its
    /// message; <see cref="TransientException"/> says that trying again may help.
    /// </summary>
    /// <param name="options">What the user gave this connection.</param>
    /// <param name="context">The run: its states, the streams that are wanted, the log.</param>
    /// <param name="cancellationToken">Ends when the run is cancelled; the process has 2 s from then.</param>
    public abstract IAsyncEnumerable<SyncMessage> SyncAsync(
        TOptions options, SyncContext context, CancellationToken cancellationToken);

    /// <summary>
    /// Whether the connector can work with these options: credentials, reachability, rights. Must change nothing at the source. An exception is a
    /// check that did not pass.
    /// </summary>
    public virtual Task<IReadOnlyList<CheckResult>> CheckAsync(TOptions options, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<CheckResult>>([CheckResult.Pass("options", "The options can be read; this connector checks nothing else before a sync.")]);
}

/// <summary>What one check has seen.</summary>
/// <param name="Name">What was looked at, a word.</param>
/// <param name="Passed">It is as it should be.</param>
/// <param name="Message">What was seen.</param>
/// <param name="Hint">What to do, when it did not pass.</param>
public sealed record CheckResult(string Name, bool Passed, string Message, string? Hint = null)
{
    /// <summary>It is as it should be.</summary>
    public static CheckResult Pass(string name, string message) => new(name, true, message);

    /// <summary>The connector can't work like this.</summary>
    public static CheckResult Fail(string name, string message, string? hint = null) => new(name, false, message, hint);
}

/// <summary>The source is away for now: trying again may help.</summary>
public sealed class TransientException(string message, Exception? inner = null) : Exception(message, inner);
