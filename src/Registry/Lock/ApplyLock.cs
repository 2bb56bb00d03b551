using System.Text.Json;
using Dapper;
using Npgsql;
using Platform.Contracts;
using Platform.Registry.Installs;
using Platform.Registry.Json;
using Platform.Registry.Versions;
using Platform.ServiceDefaults;

namespace Platform.Registry.Lock;

/// <param name="NotInLock">Connectors that are installed and not in the document; they stay as they are.</param>
public sealed record AppliedLock(IReadOnlyList<AppliedConnector> Connectors, IReadOnlyList<string> NotInLock);

/// <param name="Action">unchanged, switched (to a version that was there), or installing.</param>
/// <param name="Install">What to wait for when installing.</param>
public sealed record AppliedConnector(string Name, string Action, int? Version, InstallView? Install);

/// <summary>PUT /v1/lock: brings this installation to the versions of a lock file.</summary>
internal static class ApplyLock
{
    private const int MaxBytes = 4 * 1024 * 1024;

    private sealed record Here(int Number, int CurrentVersion);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPut("/v1/lock", HandleAsync)
            .RequireScope("connectors:install")
            .WithErrors("body_too_large", "install_running", "invalid_lock")
            .WithName("PutLock").WithSummary("Installs what a lock file pins").WithTags("Connectors")
            .WithDescription("""
                Sources must have the pinned commit or digest. A bundle that comes out with another digest is the install's warning bundle_differs; with
                strict=true its failure. All installs begin, or none does: one that is running already for any of the connectors refuses the whole with 409.
                """)
            .Accepts<LockDocument>("application/json")
            .Produces<AppliedLock>().Produces<AppliedLock>(StatusCodes.Status202Accepted)
            .ProducesProblem(400).ProducesProblem(409).ProducesProblem(413).ProducesProblem(422);

    private static async Task<IResult> HandleAsync(
        bool? strict, HttpContext context, NpgsqlDataSource database, InstallSender sender, CancellationToken cancel)
    {
        var body = await LimitedBody.ReadAsync(context.Request.Body, MaxBytes, cancel) ?? throw Errors.BodyTooLarge(MaxBytes);
        using var json = JsonText.Parse(body, "The body");
        var wanted = LockReader.Read(json.RootElement);

        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var applied = new List<AppliedConnector>();
        // In one order, so that two of these at once don't wait for each other.
        foreach (var connector in wanted.Connectors.OrderBy(c => c.Name, StringComparer.Ordinal))
            applied.Add(await ApplyAsync(transaction, connector, strict ?? false, context.Actor(), cancel));
        var notInLock = await connection.QueryAsync<string>(new CommandDefinition(
            "SELECT name FROM connectors WHERE current_version > 0 AND name <> ALL(@names) ORDER BY name",
            new { names = wanted.Connectors.Select(c => c.Name).ToArray() }, transaction, cancellationToken: cancel));
        await transaction.CommitAsync(cancel);

        sender.Wake();
        var answer = new AppliedLock(applied, notInLock.AsList());
        return applied.Exists(c => c.Install is not null) ? Results.Accepted(null, answer) : Results.Ok(answer);
    }

    private static async Task<AppliedConnector> ApplyAsync(
        NpgsqlTransaction transaction, LockedConnector wanted, bool strict, string? actor, CancellationToken cancel)
    {
        var connection = transaction.Connection!;
        // An install may have renamed it, and then the version's manifest has its new name as well.
        var manifest = JsonSerializer.Serialize(wanted.Manifest, PlatformJson.Options);
        var here = await connection.QueryFirstOrDefaultAsync<Here>(new CommandDefinition("""
            SELECT v.number, c.current_version
            FROM connectors c JOIN connector_versions v ON v.connector = c.name
            WHERE c.name = @Name AND v.digest = @Digest AND v.manifest = @manifest::jsonb AND v.state = 'ready'
                AND (@SourceRevision::text IS NULL OR v.source_revision IS NULL OR v.source_revision = @SourceRevision)
                AND (@SourceDigest::text IS NULL OR v.source_digest IS NULL OR v.source_digest = @SourceDigest)
            ORDER BY v.number = c.current_version DESC, v.number DESC
            FOR UPDATE OF c
            """, new { wanted.Name, wanted.Digest, wanted.SourceRevision, wanted.SourceDigest, manifest }, transaction, cancellationToken: cancel));
        if (here is null)
        {
            var pin = new SourcePin(wanted.SourceRevision, wanted.SourceDigest, wanted.Digest, strict);
            var row = await BeginInstall.BeginAsync(connection, transaction, wanted.Manifest, BeginInstall.Restore, null, pin, actor, cancel);
            return new(wanted.Name, "installing", null, row.View);
        }
        // It would move the connector on as soon as it ends.
        if (await BeginInstall.FindRunningAsync(connection, transaction, wanted.Name, cancel) is { } running)
            throw Errors.InstallRunning(wanted.Name, running);
        if (here.Number == here.CurrentVersion) return new(wanted.Name, "unchanged", here.Number, null);

        await RollBack.SwitchAsync(transaction, wanted.Name, here.CurrentVersion, here.Number, wanted.Digest, cancel);
        return new(wanted.Name, "switched", here.Number, null);
    }
}
