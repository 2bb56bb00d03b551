using Google.Protobuf;
using Grpc.Core;
using V1 = Platform.Connector.V1;

namespace Platform.Connectors.GoPlugin;

/// <summary>A sync's messages as the platform's own contract has them, each in a stream that has begun.</summary>
internal sealed class SyncAnswer(IServerStreamWriter<V1.SyncMessage> host, CancellationToken cancellationToken)
{
    private const string Unnamed = "";
    private readonly List<string> open = [];
    private bool unnamedIsFull;

    public Task SendAsync(SyncMessage message) => message switch
    {
        StreamBegun begun => BeginAsync(begun.Stream, begun.Mode),
        StreamEnded ended => EndAsync(ended.Stream ?? open.LastOrDefault(Unnamed)),
        ObjectPage page => InStreamAsync(page.Stream, stream => new() { Page = new() { Stream = stream, Upserts = Wire(page.Objects) } }),
        DeletedObjects gone => InStreamAsync(gone.Stream, stream => new() { Page = new() { Stream = stream, Deletes = Wire(gone.RemoteIds) } }),
        StateReached state => InStreamAsync(state.Stream, stream => new() { State = new() { Stream = stream, State = UnsafeByteOperations.UnsafeWrap(state.State) } }),
        ProgressMade made => WriteAsync(new() { Progress = Progress(made.Message, made.Fraction) }),
        FullListingDeclared => DeclareFullAsync(),
        SyncResult result => WriteAsync(new() { Result = result.Text }),
        _ => Task.CompletedTask,
    };

    /// <summary>Everything is told.</summary>
    public async Task EndAsync()
    {
        foreach (var stream in open.ToArray())
            await EndAsync(stream);
    }

    public static V1.Progress Progress(string message, double? fraction)
    {
        var progress = new V1.Progress { Message = message };
        if (fraction is { } known)
            progress.Fraction = known;
        return progress;
    }

    private Task DeclareFullAsync() => (open.Count, unnamedIsFull) switch
    {
        (0, _) => BeginAsync(Unnamed, V1.Mode.Full),
        (_, true) => Task.CompletedTask,
        _ => throw new InvalidOperationException("FullListing() has to come before the first page. A connector of several streams begins each with BeginFull or BeginIncremental."),
    };

    private Task BeginAsync(string stream, V1.Mode mode)
    {
        open.Add(stream);
        unnamedIsFull |= mode == V1.Mode.Full && stream == Unnamed;
        return WriteAsync(new() { StreamBegin = new() { Stream = stream, Mode = mode } });
    }

    private Task EndAsync(string stream)
    {
        open.Remove(stream);
        return WriteAsync(new() { StreamEnd = new() { Stream = stream } });
    }

    private async Task InStreamAsync(string? named, Func<string, V1.SyncMessage> message)
    {
        if (open.Count == 0 && named is null or Unnamed)
            await BeginAsync(Unnamed, V1.Mode.Incremental);
        await WriteAsync(message(named ?? open[^1]));
    }

    private Task WriteAsync(V1.SyncMessage message) => host.WriteAsync(message, cancellationToken);

    private static V1.ObjectPage Wire(IReadOnlyList<DataObject> objects) => new()
    {
        Objects = { objects.Select(o => new V1.Object { RemoteId = o.RemoteId, ResourceName = o.ResourceName, Uri = o.Uri, Metadata = o.Metadata }) },
    };

    private static V1.ObjectPage Wire(IReadOnlyList<string> remoteIds) => new() { Objects = { remoteIds.Select(id => new V1.Object { RemoteId = id }) } };
}
