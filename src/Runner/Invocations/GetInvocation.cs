using Platform.ServiceDefaults;

namespace Platform.Runner.Invocations;

internal static class GetInvocation
{
    public static void Map(RouteGroupBuilder invocations) => invocations
        .MapGet("/{id}", async (string id, InvocationStore store, CancellationToken cancel) =>
            ((Guid.TryParse(id, out var invocation) ? await store.FindAsync(invocation, cancel) : null) ?? throw Errors.UnknownInvocation(id)).View())
        .RequireScope("actions:read")
        .Produces<InvocationView>()
        .ProducesProblem(404)
        .WithSummary("One invocation: state, progress, outcome, result");

    /// <summary>Without arguments and result.</summary>
    /// <exception cref="ProblemException">404 <c>unknown_invocation</c>, for what is no id too.</exception>
    public static async Task<Invocation> FindAsync(InvocationStore store, string id, CancellationToken cancel) =>
        (Guid.TryParse(id, out var invocation) ? await store.FindBriefAsync(invocation, cancel) : null) ?? throw Errors.UnknownInvocation(id);
}
