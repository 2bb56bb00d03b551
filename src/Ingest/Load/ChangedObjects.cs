using System.Text;
using Npgsql;
using Platform.Contracts;
using Platform.ServiceDefaults;

namespace Platform.Ingest.Load;

/// <summary>The events objects.changed of one transaction: keys and kinds, in chunks; the objects themselves stay in the database.</summary>
internal sealed class ChangedObjects(WriterIdentity writer)
{
    public const string Inserted = "inserted";
    public const string Updated = "updated";
    public const string Deleted = "deleted";

    private readonly Dictionary<string, List<ObjectChange>> _changes = [];

    public void Add(Chunk chunk, Learned learned)
    {
        for (var ord = 0; ord < learned.Findings.Length; ord++)
        {
            var kind = learned.Findings[ord] switch { Finding.Absent => Inserted, Finding.Changed => Updated, Finding.ToDelete => Deleted, _ => null };
            if (kind is null)
                continue;
            var (page, _, fields, _) = chunk.Objects[ord];
            Add(chunk.Pages[page].Stream, Encoding.UTF8.GetString(fields.RemoteId.Of(chunk.Pages[page].Bytes.Span)), kind);
        }
    }

    public void Add(string stream, string remoteId, string kind)
    {
        if (!_changes.TryGetValue(stream, out var changes))
            _changes.Add(stream, changes = []);
        changes.Add(new(remoteId, kind));
    }

    /// <summary>Appends them to the outbox and forgets them.</summary>
    public async Task AppendAsync(NpgsqlTransaction transaction, CancellationToken cancellation)
    {
        var source = $"/ingest/runs/{writer.RunId}";
        foreach (var (stream, changes) in _changes)
        {
            await Outbox.AppendAsync(transaction,
                [.. changes.Chunk(ObjectsChanged.MaxChanges).Select(chunk => new OutboxEvent(
                    Guid.CreateVersion7(), EventTypes.ObjectsChanged, writer.Connector, source,
                    new ObjectsChanged(writer.RunId, writer.ConnectionId, writer.Connection, writer.Connector, stream, chunk)))],
                cancellation);
        }

        _changes.Clear();
    }
}
