using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Unicode;
using Npgsql;
using Platform.Ingest.Load;
using Platform.ServiceDefaults;
using RegistryClient = Platform.Registry.V1.Registry.RegistryClient;

namespace Platform.Ingest.States;

/// <summary><c>PUT /v1/connections/{name}/state</c>: the next run goes on from another place.</summary>
internal static class PutState
{
    /// <param name="Stream">The only one of a connector without streams is ''.</param>
    /// <param name="State">Any JSON; kept byte for byte as it stands in the body.</param>
    /// <param name="StateBase64">Instead of it, for a connector whose states are not JSON.</param>
    [JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
    public sealed record Body(string? Stream, JsonElement State, string? StateBase64);

    public static void MapPutState(this IEndpointRouteBuilder routes) =>
        routes.MapPut("/v1/connections/{name}/state", HandleAsync)
            .RequireConnectionScope("objects:write").WithExample("""{"stream": "articles", "state": {"cursor": 42}}""")
            .WithErrors("connection_deleted", "if_match_required", "invalid_state", "unknown_connection")
            .WithName("PutState").WithSummary("Edits the sync state of one stream").WithTags("State")
            .Produces<StateView>().ProducesProblem(404).ProducesProblem(409).ProducesProblem(412).ProducesProblem(422).ProducesProblem(428);

    private static async Task<StateView> HandleAsync(
        string name, Body body, HttpContext context, NpgsqlDataSource database, StateChange changes, RegistryClient registry, CancellationToken cancellation)
    {
        var (stream, state) = Read(body);
        var ifMatch = IfMatch.Of(context.Request);
        // Asked each time: the row may have to be made with the connector's name, and edits are rare.
        var known = await registry.ResolveConnectionAsync(new() { Name = name }, cancellationToken: cancellation);
        var id = Guid.Parse(known.Id);
        // Ingest may not have heard of the connection yet: a state may be there before its first run.
        await using (var insert = database.CreateBatch())
        {
            insert.BatchCommands.Add(ConnectionRow.Ensure(id, known.Name, known.Connector));
            await insert.ExecuteNonQueryAsync(cancellation);
        }

        var view = await changes.RunAsync(id, name, ifMatch, async (connection, before, token) =>
        {
            if (!ifMatch.IsGiven && before.Streams.Any(s => s.Stream == stream))
                throw Errors.IfMatchRequired();
            await using var put = new NpgsqlCommand("""
                INSERT INTO states (connection_id, stream, state, version, run_id, updated_at) VALUES ($1, $2, $3, 1, NULL, clock_timestamp())
                ON CONFLICT (connection_id, stream)
                DO UPDATE SET state = excluded.state, version = states.version + 1, run_id = NULL, updated_at = excluded.updated_at
                """, connection)
            { Parameters = { new() { Value = id }, new() { Value = stream }, new() { Value = state } } };
            await put.ExecuteNonQueryAsync(token);
        }, cancellation);
        context.Response.Headers.ETag = view.ETag;
        return view;
    }

    /// <summary>Pure: stream and bytes, or every error at once.</summary>
    private static (string Stream, byte[] State) Read(Body body)
    {
        var errors = new List<FieldError>();
        var stream = body.Stream ?? "";
        if (!StreamName.IsValid(stream))
            errors.Add(new("stream", "invalid_stream", StreamName.Rule));
        byte[]? state = null;
        var given = body.State.ValueKind != JsonValueKind.Undefined;
        if (given == body.StateBase64 is not null)
            errors.Add(new("state", "required", "Give either state or state_base64."));
        else if (given)
            state = JsonMarshal.GetRawUtf8Value(body.State).ToArray();
        else if (!TryDecode(body.StateBase64!, out state))
            errors.Add(new("state_base64", "invalid_base64", "The text is not base64."));
        if (given && state is not null && !Utf8.IsValid(state))
            errors.Add(new("state", "invalid_utf8", "The text is not UTF-8; use state_base64 for other bytes."));
        if (state?.Length > PageReader.MaxStateBytes)
            errors.Add(new(given ? "state" : "state_base64", "too_large", $"A state is a position in the source: it has at most {PageReader.MaxStateBytes} bytes."));
        return errors.Count == 0 ? (stream, state!) : throw Errors.InvalidState(errors);
    }

    private static bool TryDecode(string text, out byte[]? bytes)
    {
        var buffer = new byte[text.Length];
        bytes = Convert.TryFromBase64String(text, buffer, out var length) ? buffer[..length] : null;
        return bytes is not null;
    }
}
