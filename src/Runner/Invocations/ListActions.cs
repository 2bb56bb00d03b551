using System.Text.Json.Nodes;
using Platform.Registry.V1;
using Platform.ServiceDefaults;

namespace Platform.Runner.Invocations;

/// <summary>What a connection's connector can be asked to do, as the version says that is current. One that says nothing has none.</summary>
internal static class ListActions
{
    /// <param name="Mutates">It changes something at the source: one at a time for each connection.</param>
    /// <param name="Exclusive">Refused while a run of the connection is active.</param>
    /// <param name="Idempotent">Done twice it is as if done once: a transient failure is tried again.</param>
    /// <param name="Parameters">A JSON Schema of its arguments.</param>
    /// <param name="Result">A JSON Schema of what it answers; null: not said.</param>
    internal sealed record ActionView(
        string Name, string Description, bool Mutates, bool Exclusive, bool Idempotent, JsonObject Parameters, JsonObject? Result);

    public static void Map(RouteGroupBuilder actions)
    {
        actions.MapGet("/", ListAsync)
            .RequireScopeSomewhere("actions:read")
            .Produces<Page<ActionView>>()
            .ProducesProblem(404).ProducesProblem(409)
            .WithSummary("The actions that a connection offers");
        actions.MapGet("/{action}", async (string name, string action, PrepareConnection prepare, SpecifyConnection specify, CancellationToken cancel) =>
                View(Find(await specify.RunAsync(await prepare.RunAsync(name, Guid.CreateVersion7(), cancel), cancel), action)))
            .RequireConnectionScope("actions:read")
            .Produces<ActionView>()
            .ProducesProblem(404).ProducesProblem(409)
            .WithSummary("One action of a connection");
    }

    /// <exception cref="ProblemException">404 <c>unknown_action</c>.</exception>
    public static ActionSpecification Find(ConnectorSpecification? specification, string action) =>
        specification?.Actions.FirstOrDefault(a => a.Name == action) ?? throw Errors.UnknownAction(action, specification?.Actions ?? []);

    /// <summary>Null: the connector says nothing of itself.</summary>
    public static ConnectorSpecification? Read(RunSpecification prepared) => ConnectorSpecification.FromJson(prepared.Specification.Span);

    // Not in pages: a specification has as many as its author wrote.
    private static async Task<Page<ActionView>> ListAsync(string name, HttpContext context, PrepareConnection prepare, SpecifyConnection specify, CancellationToken cancel)
    {
        var caller = context.Caller();
        caller.RequireSome(name);
        var actions = (await specify.RunAsync(await prepare.RunAsync(name, Guid.CreateVersion7(), cancel), cancel))?.Actions ?? [];
        return new([.. actions.Where(action => caller.Covers(name, action.Name)).Select(View)], null);
    }

    private static ActionView View(ActionSpecification action) => new(
        action.Name, action.Description, action.Mutates, action.Exclusive, action.Idempotent,
        ParameterSchema.OfArguments(action.Parameters), ParameterSchema.OfResult(action.Result));
}
