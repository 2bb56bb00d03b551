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
    internal sealed record Request(string? Connection);

    public static void Map(RouteGroupBuilder runs) => runs
        .MapPost("/", HandleAsync)
        .RequireScope("runs:start")
        .Produces<RunView>(StatusCodes.Status202Accepted)
        .WithSummary("Start a run of a connection");

    private static async Task<IResult> HandleAsync(
        Request request, HttpContext context, RegistryClient registry, RunStore store, CommandPublisher commands, CancellationToken cancel)
    {
        if (string.IsNullOrWhiteSpace(request.Connection))
            throw Errors.ConnectionRequired();
        var connection = await registry.ResolveConnectionAsync(
            new() { Name = request.Connection }, deadline: DateTime.UtcNow.AddSeconds(ResolveSeconds), cancellationToken: cancel);
        var run = await store.QueueAsync(
            Guid.Parse(connection.Id), connection.Name, connection.Connector, Activity.Current?.Id, context.Actor(), cancel);
        await commands.TryPublishAsync(new RunQueued(run.Id), cancel);
        return Results.Accepted($"/v1/runs/{run.Id}", run.View());
    }
}
