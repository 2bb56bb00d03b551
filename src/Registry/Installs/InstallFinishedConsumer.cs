using System.Diagnostics;
using System.Text.Json;
using Dapper;
using MassTransit;
using Npgsql;
using Platform.Contracts;
using Platform.ServiceDefaults;

namespace Platform.Registry.Installs;

/// <summary>Records the answer of an install: state, version and event in one transaction, once however often the answer comes.</summary>
internal sealed partial class InstallFinishedConsumer(NpgsqlDataSource database, ILogger<InstallFinishedConsumer> logger)
    : IConsumer<InstallFinished>
{
    private sealed record Pending(string Connector, string State, string Manifest, string? Traceparent);

    public async Task Consume(ConsumeContext<InstallFinished> context)
    {
        var (answer, cancel) = (context.Message, context.CancellationToken);
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var install = await connection.QuerySingleOrDefaultAsync<Pending>(new CommandDefinition(
            "SELECT connector, state, manifest, traceparent FROM installs WHERE id = @InstallId FOR UPDATE",
            answer, transaction, cancellationToken: cancel));
        if (install is null)
        {
            LogUnknown(logger, answer.InstallId);
            return;
        }
        if (install.State is "succeeded" or "failed") return;

        // The one trace of the install begins with the request for it, whatever the messages carried.
        ActivityContext.TryParse(install.Traceparent, null, isRemote: true, out var parent);
        using var activity = PlatformActivity.Source.StartActivity("record install", ActivityKind.Internal, parent);
        activity?.SetTag("platform.install_id", answer.InstallId).SetTag("platform.connector", install.Connector);

        if (answer is { Succeeded: true, Digest: { Length: 64 } digest })
        {
            var version = await ConnectorVersions.AddAsync(transaction, install.Connector, install.Manifest, answer, cancel);
            await FinishAsync(transaction, answer.InstallId, "succeeded", version, digest, null, answer.Warnings, cancel);
            await Outbox.AppendAsync(transaction, new OutboxEvent(Guid.CreateVersion7(), EventTypes.ConnectorInstalled, install.Connector, "/registry",
                new ConnectorInstalled(answer.InstallId, install.Connector, version, digest)), cancel);
        }
        else
        {
            var error = answer.Error ?? new InstallError("install_failed", "Installer gave neither a bundle nor a reason.");
            await FinishAsync(transaction, answer.InstallId, "failed", null, null, error, null, cancel);
            await Outbox.AppendAsync(transaction, new OutboxEvent(Guid.CreateVersion7(), EventTypes.ConnectorInstallFailed, install.Connector, "/registry",
                new ConnectorInstallFailed(answer.InstallId, install.Connector, new(error.Code, error.Message, error.Remedy))), cancel);
        }
        await transaction.CommitAsync(cancel);
    }

    private static Task FinishAsync(
        NpgsqlTransaction transaction, Guid id, string state, int? version, string? digest, InstallError? error,
        IReadOnlyList<InstallWarning>? warnings, CancellationToken cancel) =>
        transaction.Connection!.ExecuteAsync(new CommandDefinition("""
            UPDATE installs SET state = @state, stage = NULL, version = @version, digest = @digest, error = @error::json,
                warnings = @warnings::json, finished_at = now()
            WHERE id = @id
            """,
            new
            {
                id,
                state,
                version,
                digest,
                error = error is null ? null : JsonSerializer.Serialize(error, PlatformJson.Options),
                warnings = warnings is not { Count: > 0 } ? null : JsonSerializer.Serialize(warnings, PlatformJson.Options),
            },
            transaction, cancellationToken: cancel));

    [LoggerMessage(1, LogLevel.Warning, "An answer came for install {Install}, which is not in this database; it is dropped")]
    private static partial void LogUnknown(ILogger logger, Guid install);
}
