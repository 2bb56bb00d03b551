using Mode = Platform.Connector.V1.Mode;

namespace Platform.Connectors;

/// <summary>
/// One step of a sync. Pages, deletes and states belong to a stream: the one that they name, else the one that was begun last, else the unnamed one, which
/// begins with the first of them (incremental) or with <see cref="FullListing"/>. Streams that are open when the sync ends are ended with it.
/// </summary>
public abstract record SyncMessage
{
    private protected SyncMessage()
    {
    }

    /// <summary>Begins a stream of which everything there is will be sent: once the run has succeeded, what it did not send is deleted.</summary>
    /// <param name="stream">At most 255 bytes; empty for a connector that has only one. A stream begins once.</param>
    public static SyncMessage BeginFull(string stream = "") => new StreamBegun(stream, Mode.Full);

    /// <summary>
    /// Begins a stream with the rest of a full listing, from its state on: what it does not send and the earlier attempts of this run have not sent
    /// before that state is deleted once the run has succeeded. Only where <see cref="SyncContext.CanContinue"/>.
    /// </summary>
    /// <param name="stream">As in <see cref="BeginFull"/>.</param>
    public static SyncMessage BeginContinued(string stream = "") => new StreamBegun(stream, Mode.Continued);

    /// <summary>Begins a stream that tells what is new, from its state on. What it does not send stays.</summary>
    /// <param name="stream">As in <see cref="BeginFull"/>.</param>
    public static SyncMessage BeginIncremental(string stream = "") => new StreamBegun(stream, Mode.Incremental);

    /// <summary>Nothing more comes of this stream.</summary>
    public static SyncMessage End(string? stream = null) => new StreamEnded(stream);

    /// <summary>A page of objects; 500 to 1,000 is a good size.</summary>
    public static SyncMessage Page(IReadOnlyList<DataObject> objects, string? stream = null) => new ObjectPage(objects, stream);

    /// <summary>These are gone from the source.</summary>
    public static SyncMessage Deletes(IReadOnlyList<string> remoteIds, string? stream = null) => new DeletedObjects(remoteIds, stream);

    /// <summary>
    /// A checkpoint: where the next sync goes on. Stored together with all that was sent before it; given back by <see cref="SyncContext.State{T}"/>.
    /// </summary>
    /// <param name="state">Written as JSON with snake_case names; at most 1 MiB. A byte array is stored as it is.</param>
    /// <param name="stream">As said above.</param>
    public static SyncMessage State<T>(T state, string? stream = null) => new StateReached(StateJson.Write(state), stream);

    /// <summary>What the connector is at, a short line, and how far it is from 0 to 1.</summary>
    public static SyncMessage Progress(string message, double? fraction = null) => new ProgressMade(message, fraction);

    /// <summary>
    /// Declares that this run lists everything, so that objects it doesn't name have gone from the source: for connectors of one unnamed stream.
    /// Comes before the first page; only hosts that speak c1 take it later.
    /// </summary>
    public static SyncMessage FullListing() => new FullListingDeclared();

    /// <summary>The connector's closing words, kept as the run's result. The last one counts.</summary>
    public static SyncMessage Result(string text) => new SyncResult(text);
}

internal sealed record StreamBegun(string Stream, Mode Mode) : SyncMessage;

internal sealed record StreamEnded(string? Stream) : SyncMessage;

internal sealed record ObjectPage(IReadOnlyList<DataObject> Objects, string? Stream) : SyncMessage;

internal sealed record DeletedObjects(IReadOnlyList<string> RemoteIds, string? Stream) : SyncMessage;

internal sealed record StateReached(byte[] State, string? Stream) : SyncMessage;

internal sealed record ProgressMade(string Message, double? Fraction) : SyncMessage;

internal sealed record FullListingDeclared : SyncMessage;

internal sealed record SyncResult(string Text) : SyncMessage;

/// <summary>One object of the source.</summary>
/// <param name="RemoteId">Its key within the stream; not empty, at most 2,048 bytes of UTF-8.</param>
/// <param name="ResourceName">What kind of thing it is, in the connector's words.</param>
/// <param name="Uri">Where it can be found.</param>
/// <param name="Metadata">Everything else, usually JSON; kept byte for byte.</param>
public sealed record DataObject(string RemoteId, string ResourceName, string Uri, string Metadata);
