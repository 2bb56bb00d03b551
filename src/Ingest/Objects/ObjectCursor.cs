using System.Globalization;
using Platform.ServiceDefaults;

namespace Platform.Ingest.Objects;

/// <summary>Where a list goes on: behind a key, or with <c>since</c> behind a change.</summary>
internal sealed record ObjectCursor(Guid ConnectionId, string Stream, string RemoteId, long ChangeSeq, long Ordinal)
{
    private const int KeyParts = 3;
    private const int ChangeParts = 4;

    public static string Write(ObjectFilter filter, Guid connectionId, long ordinal, ObjectView last) => filter.Since is null
        ? Cursor.Encode(connectionId.ToString(), last.Stream, last.RemoteId)
        : Cursor.Encode("since", connectionId.ToString(), Number(last.ChangeSeq), Number(ordinal));

    /// <exception cref="ProblemException">400 <c>bad_cursor</c>: not a cursor, or one of another list.</exception>
    public static ObjectCursor? Read(string? cursor, ObjectFilter filter)
    {
        var read = Cursor.Decode(cursor, filter.Since is null ? KeyParts : ChangeParts) switch
        {
            null => null,
            [var id, var stream, var remoteId] when Guid.TryParse(id, out var connection) => new ObjectCursor(connection, stream, remoteId, 0, 0),
            ["since", var id, var change, var ordinal] when Guid.TryParse(id, out var connection) && Number(change) is { } c && Number(ordinal) is { } o =>
                new ObjectCursor(connection, "", "", c, o),
            _ => throw Errors.BadCursor(),
        };
        if (read is null)
            return null;
        var ofThisList = (filter.ConnectionId ?? read.ConnectionId) == read.ConnectionId && (filter.Since is not null || (filter.Stream ?? read.Stream) == read.Stream);
        return ofThisList ? read : throw Errors.BadCursor();
    }

    public IEnumerable<string> OnObjects(ObjectFilter filter, Func<object, string> value)
    {
        if (filter.Since is not null)
        {
            yield return $"(o.change_seq, o.ordinal) > ({value(ChangeSeq)}, {value(Ordinal)})";
            yield break;
        }

        // The connections behind the cursor's are read from their beginning: no key is empty.
        string Here(string text) => filter.ConnectionId is null ? $"CASE WHEN c.connection_id = {value(ConnectionId)} THEN {value(text)} ELSE '' END" : value(text);
        yield return filter.Stream is null ? $"(o.stream, o.remote_id) > ({Here(Stream)}, {Here(RemoteId)})" : $"o.remote_id > {Here(RemoteId)}";
    }

    public IEnumerable<string> OnConnections(ObjectFilter filter, Func<object, string> value) =>
        filter.ConnectionId is null ? [$"c.connection_id >= {value(ConnectionId)}"] : [];

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static long? Number(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
}
