using System.Globalization;
using Npgsql;
using Platform.ServiceDefaults;

namespace Platform.Ingest.Objects;

/// <summary>Makes a filter of a query, or tells everything that is wrong with it.</summary>
internal sealed class ObjectFilters(NpgsqlDataSource database, ConnectionIds connections)
{
    /// <exception cref="ProblemException">400 <c>bad_query</c> or <c>bad_json_path</c>; 403 <c>insufficient_scope</c>; 404 <c>unknown_connection</c>.</exception>
    public async Task<ObjectFilter> ReadAsync(ObjectQuery query, Caller caller, CancellationToken cancellation, params IEnumerable<FieldError> others)
    {
        if (query.Connection is not null)
            caller.Require(query.Connection);
        List<FieldError> errors = [.. others, .. Unstorable(query)];
        if (query.Connection is null)
            errors.AddRange(new[] { ("text", query.Text), ("path", query.Path), ("since", query.Since) }.Where(field => field.Item2 is not null).Select(field =>
                new FieldError(field.Item1, "needs_connection", $"{field.Item1} looks at every object, so it is answered within one connection: name it with connection.")));

        long? since = null;
        if (query.Since is not null)
        {
            if (long.TryParse(query.Since, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                since = number;
            else
                errors.Add(new("since", "not_a_number", "since is the change_seq of the last change that you know: a whole number, 0 to begin with."));
        }

        bool? deleted = query.Deleted == "true";
        if (query.Deleted == "any")
            deleted = null;
        else if (query.Deleted is not (null or "true" or "false"))
            errors.Add(new("deleted", "unknown_value", "deleted is one of false, true and any."));

        JsonPath? path = null;
        if (query.Path is not null && !query.Path.Contains('\0'))
        {
            (path, var wrong) = await JsonPath.ReadAsync(database, query.Path, cancellation);
            if (wrong is not null)
                errors.Add(new("path", "bad_json_path", wrong));
        }

        if (errors.Count > 0)
            throw errors is [{ Code: "bad_json_path" } alone] ? Errors.BadJsonPath(alone.Message) : Errors.BadQuery(errors);
        Guid? connection = query.Connection is null ? null : await connections.ResolveAsync(query.Connection, cancellation);
        return new(connection, query.Connector, query.Stream, query.RemoteId, query.Prefix, query.Text, path, since, deleted, connection is null ? caller.Patterns : null);
    }

    // PostgreSQL's text has no such character, so nothing that is stored contains it.
    private static IEnumerable<FieldError> Unstorable(ObjectQuery query) =>
        from field in new[]
        {
            ("connection", query.Connection), ("connector", query.Connector), ("stream", query.Stream), ("remote_id", query.RemoteId),
            ("prefix", query.Prefix), ("text", query.Text), ("path", query.Path),
        }
        where field.Item2?.Contains('\0') == true
        select new FieldError(field.Item1, "unstorable", $"{field.Item1} contains the character U+0000, which no object has.");
}
