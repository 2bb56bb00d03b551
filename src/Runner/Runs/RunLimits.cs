using Dapper;
using Npgsql;
using Platform.ServiceDefaults;

namespace Platform.Runner.Runs;

/// <summary>How many runs may be active at once on all replicas together. Each replica has its own limit besides, <see cref="RunnerSettings.ConcurrentRuns"/>.</summary>
internal static class RunLimits
{
    private const int Most = 10_000;
    private const int MaxNameLength = 100;

    /// <param name="Global">Of all connectors together; null: no limit.</param>
    /// <param name="Connectors">By the connector's name; those that are not named have no limit of their own.</param>
    internal sealed record View(int? Global, IReadOnlyDictionary<string, int> Connectors);

    public static void Map(RouteGroupBuilder runs)
    {
        runs.MapGet("/limits", ReadAsync)
            .RequireScope("runs:read")
            .Produces<View>()
            .WithSummary("How many runs may be active at once");
        runs.MapPut("/limits", WriteAsync)
            .RequireScope(Scopes.Admin)
            .WithErrors("invalid_run_limits")
            .WithExample("""{"global": 6, "connectors": {"files": 2}}""")
            .Produces<View>()
            .ProducesProblem(422)
            .WithSummary("Set how many runs may be active at once; replaces all limits");
    }

    private static async Task<View> ReadAsync(NpgsqlDataSource database, CancellationToken cancel)
    {
        await using var session = await database.OpenConnectionAsync(cancel);
        var rows = (await session.QueryAsync<(string Connector, int Concurrent)>(new CommandDefinition(
            "select connector, concurrent from run_limits order by connector", cancellationToken: cancel))).ToList();
        return new(
            rows.Where(r => r.Connector.Length == 0).Select(r => (int?)r.Concurrent).SingleOrDefault(),
            rows.Where(r => r.Connector.Length > 0).ToDictionary(r => r.Connector, r => r.Concurrent, StringComparer.Ordinal));
    }

    /// <summary>Runs that are active already go on, however many they are.</summary>
    private static async Task<View> WriteAsync(Request request, NpgsqlDataSource database, RunQueue queue, CancellationToken cancel)
    {
        var limits = request.Connectors ?? new Dictionary<string, int>();
        Validate(request.Global, limits);
        await using (var session = await database.OpenConnectionAsync(cancel))
        {
            await using var transaction = await session.BeginTransactionAsync(cancel);
            await session.ExecuteAsync(new CommandDefinition($"{RunQueue.OneAtATime} delete from run_limits;", cancellationToken: cancel));
            await session.ExecuteAsync(new CommandDefinition(
                "insert into run_limits (connector, concurrent) select * from unnest(@names, @limits)",
                new
                {
                    names = limits.Keys.Concat(request.Global is null ? [] : [""]).ToArray(),
                    limits = limits.Values.Concat(request.Global is { } global ? [global] : []).ToArray(),
                }, cancellationToken: cancel));
            await transaction.CommitAsync(cancel);
        }

        await queue.WakeAllAsync(cancel);
        return await ReadAsync(database, cancel);
    }

    private static void Validate(int? global, IReadOnlyDictionary<string, int> connectors)
    {
        List<FieldError> errors = [];
        Check("global", global ?? 1);
        foreach (var (name, limit) in connectors)
        {
            if (name.Length is 0 or > MaxNameLength)
                errors.Add(new("connectors", "bad_name", $"A connector's name has 1 to {MaxNameLength} characters."));
            Check($"connectors.{name}", limit);
        }

        if (errors.Count > 0)
            throw Errors.InvalidLimits(errors);

        void Check(string field, int limit)
        {
            if (limit is < 1 or > Most)
                errors.Add(new(field, "out_of_range", $"Give a number from 1 to {Most}, or leave it out for no limit."));
        }
    }

    /// <param name="Global">Null: no limit.</param>
    /// <param name="Connectors">Null or without a name: no limit.</param>
    internal sealed record Request(int? Global, Dictionary<string, int>? Connectors);
}
