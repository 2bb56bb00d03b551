using Dapper;
using Npgsql;
using Platform.ServiceDefaults;

namespace Platform.Runner.Invocations;

/// <summary>An action's result as it is, whatever its length: a megabyte of it in memory.</summary>
internal static class GetResult
{
    public static void Map(RouteGroupBuilder invocations) => invocations
        .MapGet("/{id}/result", HandleAsync)
        .RequireScopeSomewhere("actions:read")
        .WithErrors("invocation_not_finished", "no_result", "unknown_invocation")
        .WithAnswer("""{"closed": true}""")
        .Produces<object>(contentType: "application/json")
        .ProducesProblem(404).ProducesProblem(409)
        .WithSummary("The result of an action, of any length");

    private static async Task HandleAsync(string id, InvocationStore store, NpgsqlDataSource database, HttpResponse response, CancellationToken cancel)
    {
        var invocation = await GetInvocation.FindAsync(response.HttpContext, store, id, cancel);
        if (invocation.ResultBytes is not { } length)
            throw invocation.IsFinal ? Errors.NoResult(invocation) : Errors.InvocationNotFinished(invocation);
        response.ContentType = "application/json";
        response.ContentLength = length;
        response.Headers.ContentDisposition = $"attachment; filename=\"{invocation.Id}.json\"";
        await using var session = await database.OpenConnectionAsync(cancel);
        if (await session.QuerySingleOrDefaultAsync<string>(new CommandDefinition(
                "select result::text from invocations where id = @Id", new { invocation.Id }, cancellationToken: cancel)) is { } inline)
        {
            await response.WriteAsync(inline, cancel);
            return;
        }

        var parts = session.QueryUnbufferedAsync<byte[]>("select bytes from result_parts where invocation_id = @Id order by number", new { invocation.Id });
        await foreach (var part in parts.WithCancellation(cancel))
            await response.Body.WriteAsync(part, cancel);
    }
}
