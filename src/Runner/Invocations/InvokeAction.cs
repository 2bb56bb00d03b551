using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Platform.Registry.V1;
using Platform.Runner.Drivers;
using Platform.Runner.Processes;
using Platform.ServiceDefaults;

namespace Platform.Runner.Invocations;

/// <summary>
/// Asks a connection's connector to do something. Once there is a record the answer is the record, whatever its outcome; a problem is answered
/// for what was never begun.
/// </summary>
internal sealed class InvokeAction(
    PrepareConnection prepare, SpecifyConnection specify, InvocationStore store, InvocationExecution execution, InvocationWorker worker, WaitForInvocation wait,
    IOptions<InvocationSettings> options)
{
    private const int DefaultWaitSeconds = 30;
    private const int MaxWaitSeconds = 50;
    private const int RetryAfterSeconds = 5;
    private readonly SemaphoreSlim keyed = new(1);

    /// <param name="Arguments">By the schema of the action; none: an empty object.</param>
    /// <param name="WaitSeconds">0 to 50, by default 30: so long the answer waits for the end; after that it is 202.</param>
    /// <param name="TimeoutSeconds">From 1: so long the action may take, all attempts together; by default the setting.</param>
    internal sealed record Request(JsonElement? Arguments = null, int? WaitSeconds = null, int? TimeoutSeconds = null);

    public static void Map(RouteGroupBuilder actions) => actions
        .MapPost("/{action}", (string name, string action, Request? request, InvokeAction invoke, HttpContext context, CancellationToken cancel) =>
            invoke.HandleAsync(name, action, request ?? new(), context, cancel))
        .RequireConnectionScope("actions:invoke")
        .WithErrors("action_busy", "bad_idempotency_key", "idempotency_key_reused", "installer_unavailable", "invalid_arguments", "invalid_invocation", "invalid_options", "run_active", "too_many_invocations", "unknown_connection", "unknown_invocation")
        .WithHeader(RequestHeader.IdempotencyKey)
        .WithExample("""{"arguments": {}, "wait_seconds": 10}""")
        .Produces<InvocationView>()
        .Produces<InvocationView>(StatusCodes.Status202Accepted)
        .ProducesProblem(404).ProducesProblem(409).ProducesProblem(422).ProducesProblem(429).ProducesProblem(503)
        .WithSummary("Invoke an action of a connection and wait for its outcome");

    private async Task<IResult> HandleAsync(string name, string action, Request request, HttpContext context, CancellationToken cancel)
    {
        var key = IdempotencyKey.Read(context);
        Check(request);
        var id = Guid.CreateVersion7();
        var prepared = await prepare.RunAsync(name, id, cancel);
        var given = request.Arguments is { ValueKind: not (JsonValueKind.Undefined or JsonValueKind.Null) } json ? json.GetRawText() : "{}";
        var connection = Guid.Parse(prepared.Connection.Id);
        if (key is not null && await FindAsync(context.Actor(), key, connection, action, given, cancel) is { } known)
            return await AnswerAsync(known.Id, request, context, cancel);

        var specification = await specify.RunAsync(prepared, cancel);
        var asked = ListActions.Find(specification, action);
        var (arguments, argumentErrors) = ParameterRules.Apply(asked.Parameters, given);
        var (connectionOptions, optionErrors) = ParameterRules.Apply(specification!.Parameters, Encoding.UTF8.GetString(prepared.Options.Span));
        var record = Record(id, prepared, asked, argumentErrors.Count == 0 ? arguments : given, context.Actor());
        if (argumentErrors.Count > 0)
            throw await RejectAsync(record, Errors.InvalidArguments(id, action, [.. argumentErrors.Select(e => e with { Field = Path("arguments", e.Field) })]), cancel);
        if (optionErrors.Count > 0)
            throw await RejectAsync(record, Errors.InvalidOptions(id, name, [.. optionErrors.Select(e => e with { Field = Path("options", e.Field) })]), cancel);

        var mask = OptionMask.Of(specification, connectionOptions, ParameterRules.SecretValues(asked.Parameters, arguments));
        var timeout = TimeSpan.FromSeconds(request.TimeoutSeconds ?? options.Value.TimeoutSeconds);
        var begun = await BeginAsync(record, key, given, 
            (row, hasPlace) => new(row, prepared.Start, asked, connectionOptions, arguments, mask, timeout, hasPlace), cancel);
        return await AnswerAsync(begun, request, context, cancel);
    }

    private async Task<Guid> BeginAsync(Invocation record, string? key, string given, Func<Invocation, bool, InvocationWork> work, CancellationToken cancel)
    {
        if (key is null)
            return await BeginAsync(record, work, cancel);
        record = record with { IdempotencyKey = key, IdempotencyHash = ActionArguments.Hash(record.Id, record.ConnectionId, record.Action, given) };
        // Many with one key would else take the room that only one of them needs.
        await keyed.WaitAsync(cancel);
        try
        {
            while (true)
            {
                if (await FindAsync(record.Actor, key, record.ConnectionId, record.Action, given, cancel) is { } known)
                    return known.Id;
                if (await BeginAsync(record, work, cancel) is var begun && begun != Guid.Empty)
                    return begun;
            }
        }
        finally
        {
            keyed.Release();
        }
    }

    // Empty when another replica was a moment quicker with the same key.
    private async Task<Guid> BeginAsync(Invocation record, Func<Invocation, bool, InvocationWork> work, CancellationToken cancel)
    {
        if (worker.Stopping)
            throw Errors.NotDescribed(Faults.RunnerStopping);
        var (runActive, waiting) = record.Mutates || record.Exclusive ? await store.BusyAsync(record.ConnectionId, cancel) : default;
        if (record.Exclusive && runActive)
            throw Errors.RunActive(record.Connection, record.Action);
        if (record.Mutates && waiting >= options.Value.MaxWaitingToMutate)
            throw Errors.ActionBusy(record.Connection, waiting, RetryAfterSeconds);
        if (!worker.TryReserve())
            throw Errors.TooManyInvocations(RetryAfterSeconds);
        var hasPlace = record is { Mutates: false, Exclusive: false } && execution.TryTakePlace();
        var begun = false;
        try
        {
            // Whoever leaves now does not leave half of it behind.
            if (await store.AddAsync(record, hasPlace, CancellationToken.None) is not { } added)
                return Guid.Empty;
            FaultPoints.Pass("invocation-recorded");
            worker.Begin(work(added, hasPlace));
            begun = true;
            return added.Id;
        }
        finally
        {
            if (!begun)
            {
                worker.Release();
                if (hasPlace)
                    execution.GiveBackPlace();
            }
        }
    }

    private async Task<Invocation?> FindAsync(string? actor, string key, Guid connection, string action, string given, CancellationToken cancel)
    {
        if (await store.FindByKeyAsync(actor, key, cancel) is not { } known)
            return null;
        return CryptographicOperations.FixedTimeEquals(known.IdempotencyHash, ActionArguments.Hash(known.Id, connection, action, given))
            ? known
            : throw IdempotencyKey.Reused();
    }

    private async Task<IResult> AnswerAsync(Guid id, Request request, HttpContext context, CancellationToken cancel)
    {
        var found = await wait.RunAsync(id, TimeSpan.FromSeconds(request.WaitSeconds ?? DefaultWaitSeconds), cancel) ?? throw Errors.UnknownInvocation(id.ToString());
        var location = $"/v1/invocations/{id}";
        if (!found.IsFinal)
            return Results.Accepted(location, found.View());
        context.Response.Headers.ContentLocation = location;
        return Results.Ok(found.View());
    }

    private async Task<ProblemException> RejectAsync(Invocation record, ProblemException refusal, CancellationToken cancel)
    {
        var problem = refusal.Problem;
        await store.AddRejectedAsync(
            record, new(problem.Code, problem.Detail, false, [.. (problem.Errors ?? []).Select(e => new FieldViolation(e.Field, e.Message))], problem.Remedy), cancel);
        return refusal;
    }

    private void Check(Request request)
    {
        List<FieldError> errors = [];
        if (request.WaitSeconds is < 0 or > MaxWaitSeconds)
            errors.Add(new("wait_seconds", "out_of_range", $"From 0 to {MaxWaitSeconds}."));
        if (request.TimeoutSeconds is < 1 || request.TimeoutSeconds > options.Value.MaxTimeoutSeconds)
            errors.Add(new("timeout_seconds", "out_of_range", $"From 1 to {options.Value.MaxTimeoutSeconds}."));
        if (errors.Count > 0)
            throw Errors.InvalidInvocation(errors);
    }

    private static Invocation Record(Guid id, RunSpecification prepared, ActionSpecification action, string arguments, string? actor) => new()
    {
        Id = id,
        ConnectionId = Guid.Parse(prepared.Connection.Id),
        Connection = prepared.Connection.Name,
        Connector = prepared.Connection.Connector,
        Version = prepared.Version,
        Digest = prepared.Start.Digest,
        Action = action.Name,
        // What is no JSON object can't be taken apart, so that all of it may be secret.
        Arguments = ParameterRules.Mask(action.Parameters, arguments)?.ToJsonString() ?? $"\"{ParameterRules.Masked}\"",
        Mutates = action.Mutates,
        Exclusive = action.Exclusive,
        Actor = actor,
        Traceparent = Activity.Current?.Id,
    };

    private static string Path(string root, string field) => field.Length == 0 ? root : $"{root}.{field}";
}
