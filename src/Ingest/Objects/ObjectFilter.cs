namespace Platform.Ingest.Objects;

/// <summary>Which objects are asked for. Null: not narrowed by this.</summary>
/// <param name="Covered">See <see cref="Platform.ServiceDefaults.Caller.Patterns"/>.</param>
/// <param name="Deleted">Whether deleted objects alone, or the others alone; null means both.</param>
internal sealed record ObjectFilter(
    Guid? ConnectionId, string? Connector, string? Stream, string? RemoteId, string? Prefix, string? Text, JsonPath? Path, long? Since, bool? Deleted,
    string[]? Covered = null)
{
    /// <summary>
    /// The conditions on <c>objects o</c>. Only what is asked for stands in the statement, so that each form has the plan that suits it.
    /// </summary>
    /// <param name="value">How a value gets into the statement: as a parameter, or as a literal where a statement takes no parameters.</param>
    public IEnumerable<string> OnObjects(Func<object, string> value)
    {
        if (Deleted is { } deleted)
            yield return deleted ? "o.deleted_at IS NOT NULL" : "o.deleted_at IS NULL";
        if (Stream is not null)
            yield return $"o.stream = {value(Stream)}";
        if (RemoteId is not null)
            yield return $"o.remote_id = {value(RemoteId)}";
        if (Prefix is not null)
            yield return $"o.remote_id ^@ {value(Prefix)}";
        if (Since is { } since)
            yield return $"o.change_seq > {value(since)}";
        if (Text is not null)
        {
            var pattern = value($"%{Text.Replace(@"\", @"\\").Replace("%", @"\%").Replace("_", @"\_")}%");
            // The key's collation knows upper and lower case of ASCII alone.
            yield return $"(o.remote_id COLLATE \"default\" ILIKE {pattern} OR o.resource_name ILIKE {pattern} OR o.uri ILIKE {pattern} OR o.metadata ILIKE {pattern})";
        }

        // CASE, as only it keeps the cast away from rows that are not JSON.
        if (Path is { } path)
            yield return $"CASE WHEN o.is_json THEN {path.Test}(o.metadata::jsonb, {value(path.Text)}::jsonpath, '{{}}', true) ELSE false END";
    }

    /// <summary>The conditions on <c>connections c</c>.</summary>
    public IEnumerable<string> OnConnections(Func<object, string> value)
    {
        if (ConnectionId is { } id)
            yield return $"c.connection_id = {value(id)}";
        if (Connector is not null)
            yield return $"c.connector = {value(Connector)}";
        if (Covered is not null)
            yield return $"c.name LIKE ANY({value(Covered)})";
    }
}
