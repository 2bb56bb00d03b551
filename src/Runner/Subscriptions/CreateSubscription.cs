using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Platform.Runner.Invocations;
using Platform.ServiceDefaults;

namespace Platform.Runner.Subscriptions;

/// <summary>Subscribes a connection to something that its connector publishes: its objects then come by themselves.</summary>
internal static class CreateSubscription
{
    /// <param name="Event">As the connector's specification names the stream.</param>
    /// <param name="Arguments">By the schema of the event; none: an empty object.</param>
    internal sealed record Request([property: Required] string? Event, JsonElement? Arguments = null);

    public static void Map(RouteGroupBuilder subscriptions) => subscriptions
        .MapPost("/", HandleAsync)
        .RequireConnectionScope("runs:start")
        .WithErrors("invalid_subscription", "too_many_subscriptions", "unknown_connection", "unknown_event")
        .WithExample("""{"event": "greeted", "arguments": {}}""")
        .Produces<SubscriptionView>(StatusCodes.Status201Created)
        .Produces<SubscriptionView>()
        .ProducesProblem(404).ProducesProblem(409).ProducesProblem(422)
        .WithSummary("Subscribe to what a connection's connector publishes; the same again is the subscription that stands");

    private static async Task<IResult> HandleAsync(
        string name, Request request, HttpContext context, PrepareConnection prepare, SubscriptionStore store, CancellationToken cancel)
    {
        var id = Guid.CreateVersion7();
        var prepared = await prepare.RunAsync(name, id, cancel);
        var streams = ListActions.Read(prepared)?.Streams ?? [];
        if (streams.FirstOrDefault(s => s.Name == request.Event && s.Subscription is not null) is not { Subscription: { } parameters })
            throw Errors.UnknownEvent(request.Event ?? "", [.. streams.Where(s => s.Subscription is not null).Select(s => s.Name)]);
        var given = request.Arguments is { ValueKind: not (JsonValueKind.Undefined or JsonValueKind.Null) } json ? json.GetRawText() : "{}";
        var (arguments, errors) = ParameterRules.Apply(parameters, given);
        // They would have to be kept for as long as the subscription stands.
        errors = [.. errors, .. ParameterRules.SecretValues(parameters, arguments).Count > 0
            ? [new FieldError("", "secret_argument", "An argument that is secret can't be kept for a subscription; give it to the connection as an option.")] : Array.Empty<FieldError>()];
        if (errors.Count > 0)
            throw Errors.InvalidSubscription(request.Event!, [.. errors.Select(e => e with { Field = e.Field.Length == 0 ? "arguments" : $"arguments.{e.Field}" })]);

        var connection = Guid.Parse(prepared.Connection.Id);
        if ((await store.ListAsync(connection, cancel)).FirstOrDefault(s => s.Event == request.Event && s.Arguments == arguments) is { } standing)
            return Results.Ok(standing.View());
        var added = await store.AddAsync(
            new()
            {
                Id = id,
                ConnectionId = connection,
                Connection = prepared.Connection.Name,
                Connector = prepared.Connection.Connector,
                Event = request.Event!,
                Arguments = arguments,
                Actor = context.Actor(),
            },
            cancel) ?? throw Errors.TooManySubscriptions(name, SubscriptionStore.MaxOfConnection);
        return Results.Created($"/v1/connections/{name}/subscriptions/{added.Id}", added.View());
    }
}
