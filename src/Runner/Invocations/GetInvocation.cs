using Platform.ServiceDefaults;

namespace Platform.Runner.Invocations;

internal static class GetInvocation
{
    public static void Map(RouteGroupBuilder invocations) => invocations
        .MapGet("/{id}", async (string id, HttpContext context, InvocationStore store, CancellationToken cancel) => (await FindAsync(context, store.FindAsync, id, cancel)).View())
        .RequireScopeSomewhere("actions:read")
        .Produces<InvocationView>()
        .ProducesProblem(404)
        .WithSummary("One invocation: state, progress, outcome, result");

    /// <summary>Without arguments and result.</summary>
    /// <exception cref="ProblemException">404 <c>unknown_invocation</c>, for what is no id, and for one that the caller's scope does not cover too.</exception>
    public static Task<Invocation> FindAsync(HttpContext context, InvocationStore store, string id, CancellationToken cancel) => FindAsync(context, store.FindBriefAsync, id, cancel);

    private static async Task<Invocation> FindAsync(HttpContext context, Func<Guid, CancellationToken, Task<Invocation?>> find, string id, CancellationToken cancel) =>
        Guid.TryParse(id, out var invocation) && await find(invocation, cancel) is { } found && context.Caller().Covers(found.Connection, found.Action)
            ? found
            : throw Errors.UnknownInvocation(id);
}
