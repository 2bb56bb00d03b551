using System.ComponentModel.DataAnnotations;
using System.Diagnostics;
using Platform.Contracts;
using Platform.ServiceDefaults;
using RegistryClient = Platform.Registry.V1.Registry.RegistryClient;

namespace Platform.Runner.Runs;

/// <summary>Queues a run of a connection; a run of it that is queued already is returned instead.</summary>
internal static class StartRun
{
    private const int ResolveSeconds = 10;

    /// <param name="Connection">Name of the connection.</param>
    /// <param name="FromStart">Begin anew, whatever states are stored.</param>
    internal sealed record Request([property: Required] string? Connection, bool FromStart = false);

    public static void Map(RouteGroupBuilder runs) => runs
        .MapPost("/", HandleAsync)
        .RequireScopeSomewhere("runs:start")
        .WithErrors("bad_idempotency_key", "idempotency_key_reused", "invalid_run", "sync_not_supported", "unknown_connection")
        .WithHeader(RequestHeader.IdempotencyKey)
        .WithExample("""{"connection": "orders", "from_start": false}""")
        .Produces<RunView>(StatusCodes.Status202Accepted)
        .ProducesProblem(404).ProducesProblem(409).ProducesProblem(422)
        .WithSummary("Start a run of a connection");

    private static async Task<IResult> HandleAsync(
        Request request, HttpContext context, RegistryClient registry, RunStore store, RunRequests requests, CommandPublisher commands, CancellationToken cancel)
    {
        if (string.IsNullOrWhiteSpace(request.Connection))
            throw Errors.ConnectionRequired();
        context.Caller().Require(request.Connection);
        var key = IdempotencyKey.Read(context);
        var hash = IdempotencyKey.Hash(request);
        var actor = context.Actor();
        if (key is not null && await requests.FindAsync(actor, key, hash, cancel) is { } known)
            return Accepted(known);
        var connection = await registry.ResolveConnectionAsync(
            new() { Name = request.Connection }, deadline: DateTime.UtcNow.AddSeconds(ResolveSeconds), cancellationToken: cancel);
        if (connection.ActionsOnly)
            throw Errors.SyncNotSupported(connection.Name);
        var trace = Activity.Current?.Id;
        var run = key is null
            ? await store.QueueAsync(Guid.Parse(connection.Id), connection.Name, connection.Connector, trace, actor, cancel, request.FromStart)
            : await requests.QueueAsync(connection, trace, actor, request.FromStart, key, hash, cancel);
        if (!await commands.TryPublishAsync(new RunQueued(run.Id), cancel))
            run = await store.MissesBrokerAsync(run.Id, cancel) ?? run;
        return Accepted(run);
    }

    private static IResult Accepted(Run run) => Results.Accepted($"/v1/runs/{run.Id}", run.View());
}
