using System.ComponentModel;
using Microsoft.AspNetCore.Mvc;

namespace Platform.Ingest.Objects;

/// <summary>The filters as they stand in the query string; text throughout, so that every wrong one is told at once.</summary>
internal sealed record ObjectQuery
{
    [FromQuery(Name = "connection"), Description("Name of a connection.")]
    public string? Connection { get; init; }

    [FromQuery(Name = "connector"), Description("Name of a connector: the objects of all its connections.")]
    public string? Connector { get; init; }

    [FromQuery(Name = "stream"), Description("Exact; empty is a stream's name too.")]
    public string? Stream { get; init; }

    [FromQuery(Name = "remote_id"), Description("Exact.")]
    public string? RemoteId { get; init; }

    [FromQuery(Name = "prefix"), Description("What remote_id begins with.")]
    public string? Prefix { get; init; }

    [FromQuery(Name = "text"), Description("Contained in remote_id, resource_name, uri or metadata, in any case of letters. Needs connection.")]
    public string? Text { get; init; }

    [FromQuery(Name = "path"), Description("A jsonpath over metadata that is JSON: a predicate that must be true, such as $.size > 10, or a path that must find something. Needs connection.")]
    public string? Path { get; init; }

    [FromQuery(Name = "since"), Description("Only what changed after this change_seq, in the order of change_seq. Needs connection.")]
    public string? Since { get; init; }

    [FromQuery(Name = "deleted"), Description("false (default): without deleted objects; true: these alone; any: both.")]
    public string? Deleted { get; init; }
}
