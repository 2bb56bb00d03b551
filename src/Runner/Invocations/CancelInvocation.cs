using Platform.ServiceDefaults;

namespace Platform.Runner.Invocations;

/// <summary>Asks whichever replica carries it out to end an action. It ends within five seconds; asking again changes nothing.</summary>
internal static class CancelInvocation
{
    public static void Map(RouteGroupBuilder invocations) => invocations
        .MapPost("/{id}/cancel", HandleAsync)
        .RequireScopeSomewhere("actions:invoke")
        .Produces<InvocationView>(StatusCodes.Status202Accepted)
        .ProducesProblem(404).ProducesProblem(409)
        .WithSummary("Cancel an action");

    private static async Task<IResult> HandleAsync(string id, HttpContext context, InvocationStore store, CancellationToken cancel)
    {
        var invocation = await GetInvocation.FindAsync(context, store, id, cancel);
        var asked = await store.RequestCancelAsync(invocation.Id, cancel) ?? await GetInvocation.FindAsync(context, store, id, cancel);
        return asked.IsFinal && asked.State != InvocationState.Cancelled
            ? throw Errors.InvocationFinished(asked)
            : Results.Accepted($"/v1/invocations/{asked.Id}", asked.View());
    }
}
