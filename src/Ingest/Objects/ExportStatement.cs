using System.Globalization;

namespace Platform.Ingest.Objects;

/// <summary>COPY of what a filter lets through. It takes no parameters, so values stand in it as literals.</summary>
internal static class ExportStatement
{
    private const string Columns =
        "c.name AS connection, o.stream, o.remote_id, o.resource_name, o.uri, o.metadata, o.created_at, o.updated_at, o.deleted_at, o.change_seq";

    // Lines of JSON come out as the server made them: there is no control character in JSON, so no line is quoted.
    private const string Plain = "FORMAT csv, DELIMITER E'\\x01', QUOTE E'\\x02'";

    public static string Of(ObjectFilter filter, ExportFormat format)
    {
        var conditions = string.Join(" AND ", filter.OnConnections(Literal).Concat(filter.OnObjects(Literal)));
        var rows = $"""
            SELECT {Columns} FROM connections c JOIN objects o ON o.connection_id = c.connection_id
            WHERE {conditions} ORDER BY {(filter.Since is null ? "o.stream, o.remote_id" : "o.change_seq, o.ordinal")}
            """;
        return format switch
        {
            ExportFormat.Csv => $"COPY ({rows}) TO STDOUT (FORMAT csv, HEADER)",
            _ => $"COPY (SELECT row_to_json(r)::text FROM ({rows}) r) TO STDOUT ({Plain})",
        };
    }

    internal static string Literal(object value) => value switch
    {
        Guid id => $"'{id}'::uuid",
        long number => number.ToString(CultureInfo.InvariantCulture),
        // With E and both characters doubled, it means the same whatever standard_conforming_strings says.
        string text when !text.Contains('\0') => $"E'{text.Replace(@"\", @"\\").Replace("'", "''")}'",
        _ => throw new ArgumentException("Not a value of a filter.", nameof(value)),
    };
}

internal enum ExportFormat
{
    Ndjson,
    Csv,
}
