using Microsoft.Extensions.Logging;

namespace Platform.Connectors;

/// <summary>One step of a sync.</summary>
public abstract record SyncMessage
{
    private protected SyncMessage()
    {
    }

    /// <summary>A page of objects.</summary>
    public static SyncMessage Page(IReadOnlyList<DataObject> objects) => new ObjectPage(objects);

    /// <summary>Declares that this run lists everything, so that objects it doesn't name have gone from the source.</summary>
    public static SyncMessage FullListing() => new FullListingDeclared();

    /// <summary>The connector's closing words, kept as the run's result. The last one counts.</summary>
    public static SyncMessage Result(string text) => new SyncResult(text);
}

internal sealed record ObjectPage(IReadOnlyList<DataObject> Objects) : SyncMessage;

internal sealed record FullListingDeclared : SyncMessage;

internal sealed record SyncResult(string Text) : SyncMessage;

/// <summary>One object of the source.</summary>
/// <param name="RemoteId">Its key within the connection; not empty, at most 2,048 bytes of UTF-8.</param>
/// <param name="ResourceName">What kind of thing it is, in the connector's words.</param>
/// <param name="Uri">Where it can be found.</param>
/// <param name="Metadata">Everything else, usually JSON; kept byte for byte.</param>
public sealed record DataObject(string RemoteId, string ResourceName, string Uri, string Metadata);

/// <summary>What a sync is given besides its options.</summary>
/// <param name="Log">Goes to the platform's log of this run. Never log options.</param>
public sealed record SyncContext(ILogger Log);
