using System.Text.Json;
using Platform.Ndc;
using Platform.Runner.Processes;
using Platform.Runner.Runs;
using Platform.ServiceDefaults;

namespace Platform.Runner.Drivers;

/// <summary>
/// One way to talk to connectors. Implementations are registered by the protocol string of the manifest; nothing outside
/// this folder knows their names. Each call starts what it needs and ends it, with everything that it started, before it returns or throws.
/// All throw <see cref="RunFaultException"/> when the connector can't be talked to or fails, and
/// <see cref="OperationCanceledException"/> when cancelled: then the connector was told, given its grace and killed.
/// </summary>
internal interface IConnectorDriver
{
    /// <summary>Starts the connector as a sync would, waits until it can be talked to, and asks what it tells about itself.</summary>
    Task<ConnectorDescription> DescribeAsync(ConnectorLaunch launch, CancellationToken cancel);

    /// <summary>Asks the connector whether it can work with these options. One that can't be asked has one check: that it started.</summary>
    /// <param name="options">As in <see cref="SyncWork"/>.</param>
    Task<IReadOnlyList<CheckResult>> CheckAsync(ConnectorLaunch launch, string options, CancellationToken cancel);

    /// <summary>Lets the connector sync into the load that <see cref="SyncWork.OpenPages"/> opens.</summary>
    /// <exception cref="RunFaultException">Also when a page was not accepted.</exception>
    Task<SyncEnd> SyncAsync(SyncWork work, CancellationToken cancel);

    /// <summary>Carries out one action, in a process of its own where connectors are processes.</summary>
    /// <exception cref="RunFaultException"><c>unknown_action</c>: connectors of this kind have none.</exception>
    Task<ActionAnswer> InvokeAsync(ActionWork work, CancellationToken cancel);

    /// <summary>What the connector says of itself with a connection's options, where that is more than it says without; null: it is not.</summary>
    /// <param name="options">As in <see cref="SyncWork"/>.</param>
    Task<ConnectorSpecification?> SpecifyAsync(ConnectorLaunch launch, string options, CancellationToken cancel) => Task.FromResult<ConnectorSpecification?>(null);

    /// <summary>Passes a query on, in the connector's own language.</summary>
    /// <exception cref="RunFaultException"><c>queries_not_supported</c>: connectors of this kind have none.</exception>
    /// <exception cref="ProblemException">The request is not one that the connector could answer.</exception>
    /// <exception cref="NdcException">The connector refused it.</exception>
    Task<QueryAnswer> QueryAsync(QueryWork work, CancellationToken cancel) => throw Faults.QueriesNotSupported();

    /// <summary>Makes the connector ready to be subscribed to; what it started stays until the listener is disposed.</summary>
    /// <exception cref="RunFaultException"><c>subscriptions_not_supported</c>: connectors of this kind publish nothing.</exception>
    Task<ConnectorListener> ListenAsync(ListenWork work, CancellationToken cancel);

    /// <summary>Starts the connector, if it does not run yet, and keeps it running, needed or not, until what is returned is disposed.</summary>
    /// <param name="options">As in <see cref="SyncWork"/>.</param>
    /// <exception cref="RunFaultException"><c>always_on_not_supported</c>: connectors of this kind run only while they work.</exception>
    Task<KeptConnector> KeepAsync(ConnectorLaunch launch, string options, CancellationToken cancel) => throw Faults.AlwaysOnNotSupported();

    /// <summary>Ends what is kept for a connection that is gone; where nothing outlives a call there is nothing to do.</summary>
    Task ForgetAsync(Guid connection, CancellationToken cancel) => Task.CompletedTask;
}

/// <summary>What is known of a connector that answered.</summary>
/// <param name="Isolation">That applied.</param>
/// <param name="Protocol">That was agreed on.</param>
/// <param name="Specification">Null: it says nothing of itself.</param>
internal sealed record ConnectorDescription(string Isolation, string Protocol, ConnectorSpecification? Specification = null);

/// <param name="Message">What was seen.</param>
/// <param name="Hint">What to do when it did not pass; null when there is nothing to say.</param>
internal sealed record CheckResult(string Name, bool Passed, string Message, string? Hint = null);

/// <summary>One sync to do.</summary>
/// <param name="Options">Secret: never in arguments, environment or logs. Without a specification as the user gave them, else the validated JSON object.</param>
/// <param name="OpenPages">
/// Opens the load, once, as soon as the driver knows whether this attempt sends everything anew (true) or goes on from <see cref="PageLoad.States"/>
/// (false). Whoever gave the work disposes it.
/// </param>
/// <param name="OnStarted">Gets the isolation that applies, once the connector answers.</param>
/// <param name="TotalLimit">Of the sync: the deadline of its call.</param>
internal sealed record SyncWork(ConnectorLaunch Launch, string Options, Func<bool, Task<PageLoad>> OpenPages, Action<string> OnStarted, TimeSpan TotalLimit)
{
    /// <summary>The connection's owner knows that every run lists everything, whether the connector says so or not; for connectors that can't say it per stream.</summary>
    public bool FullListing { get; init; }

    /// <summary>The run was asked to begin anew: states are not handed over.</summary>
    public bool FromStart { get; init; }

    /// <summary>These streams only; empty: all.</summary>
    public IReadOnlyList<string> Streams { get; init; } = [];

    /// <summary>By stream, the column by which what has changed is asked for once all has been listed; of the columns that the specification names.</summary>
    public IReadOnlyDictionary<string, string> Cursors { get; init; } = new Dictionary<string, string>();

    /// <summary>Gets each sign of life that is no page: a short line, and how far it is from 0 to 1 where that is known.</summary>
    public Action<string, double?> OnProgress { get; init; } = (_, _) => { };
}

/// <param name="Result">The connector's closing words; empty when it has none.</param>
/// <param name="CompleteStreams">Of these the connector has sent everything there is.</param>
internal sealed record SyncEnd(string Result, IReadOnlyList<string> CompleteStreams);

/// <summary>One action to carry out.</summary>
/// <param name="Options">As in <see cref="SyncWork"/>.</param>
/// <param name="Arguments">A JSON object, validated, with defaults.</param>
/// <param name="OnStarted">Gets the isolation that applies, once the connector answers.</param>
/// <param name="OnProgress">As in <see cref="SyncWork"/>.</param>
/// <param name="MaxResultBytes">A larger result is the fault <c>result_too_large</c>.</param>
internal sealed record ActionWork(
    ConnectorLaunch Launch, string Options, string Action, string Arguments, Guid Invocation, Action<string> OnStarted, Action<string, double?> OnProgress,
    long MaxResultBytes);

/// <summary>What the connector answered: a result or an error.</summary>
/// <param name="Result">JSON in UTF-8; null when there is an error.</param>
internal sealed record ActionAnswer(byte[]? Result, ActionError? Error);

/// <param name="Code">The connector's own.</param>
/// <param name="Retryable">Trying again may help.</param>
/// <param name="Violations">Any: the arguments were at fault, nothing was done.</param>
/// <param name="AsksAgain">The connector asks the platform itself to try again, whether the action is idempotent or not.</param>
/// <param name="NotBefore">Trying again makes no sense until so much time has passed; null: not said.</param>
/// <param name="Detail">What the connector wrote about it, such as a stack trace; bounded and masked by whoever shows it. Null: nothing.</param>
internal sealed record ActionError(
    string Code, string Message, bool Retryable, IReadOnlyList<FieldViolation> Violations, bool AsksAgain = false, TimeSpan? NotBefore = null, string? Detail = null);

internal sealed record FieldViolation(string Field, string Message);

/// <summary>One query to pass on.</summary>
/// <param name="Options">As in <see cref="SyncWork"/>.</param>
/// <param name="Body">Sent byte by byte.</param>
/// <param name="Request">The same, parsed.</param>
/// <param name="Explains">Asks how it would be answered.</param>
internal sealed record QueryWork(ConnectorLaunch Launch, string Options, ReadOnlyMemory<byte> Body, JsonElement Request, bool Explains);

/// <summary>A connector that runs whether it is needed or not. Disposed, it ends with the last of its calls.</summary>
/// <param name="ended">Ends with it.</param>
internal sealed class KeptConnector(Task ended, IDisposable use) : IDisposable
{
    public Task Ended => ended;

    public void Dispose() => use.Dispose();
}

/// <summary>An answer that is still to be read. Until it is disposed it holds the connector.</summary>
internal sealed class QueryAnswer(NdcAnswer answer, IDisposable use) : IAsyncDisposable
{
    public NdcAnswer Answer => answer;

    public async ValueTask DisposeAsync()
    {
        await answer.DisposeAsync();
        use.Dispose();
    }
}
