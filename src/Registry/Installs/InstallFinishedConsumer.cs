using System.Diagnostics;
using System.Text.Json;
using Dapper;
using MassTransit;
using Npgsql;
using Platform.Contracts;
using Platform.Registry.Versions;
using Platform.ServiceDefaults;

namespace Platform.Registry.Installs;

/// <summary>
/// Records the answer of an install once, however often it comes: a failure ends the install, a bundle becomes a version that is to be checked,
/// or is one that is known to work already.
/// </summary>
internal sealed partial class InstallFinishedConsumer(NpgsqlDataSource database, CheckVersions checks, ILogger<InstallFinishedConsumer> logger)
    : IConsumer<InstallFinished>
{
    private sealed record Pending(string Connector, string State, string? Stage, string Manifest, bool CancelRequested, string? Traceparent);

    public async Task Consume(ConsumeContext<InstallFinished> context)
    {
        var (answer, cancel) = (context.Message, context.CancellationToken);
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var install = await connection.QuerySingleOrDefaultAsync<Pending>(new CommandDefinition("""
            SELECT connector, state, stage, manifest, cancel_requested_at IS NOT NULL AS cancel_requested, traceparent
            FROM installs WHERE id = @InstallId FOR UPDATE
            """, answer, transaction, cancellationToken: cancel));
        if (install is null)
        {
            LogUnknown(logger, answer.InstallId);
            return;
        }
        if (install.Stage == CheckVersions.Stage || install.State == "succeeded") return;

        // The one trace of the install begins with the request for it, whatever the messages carried.
        ActivityContext.TryParse(install.Traceparent, null, isRemote: true, out var parent);
        using var activity = PlatformActivity.Source.StartActivity("record install", ActivityKind.Internal, parent);
        activity?.SetTag("platform.install_id", answer.InstallId).SetTag("platform.connector", install.Connector);

        var isOver = install.State is "failed" or "cancelled";
        if (answer is { Succeeded: true, Digest: { Length: 64 } digest })
        {
            if (isOver || install.CancelRequested)
            {
                // It was done before the request to end it came: nobody wants its bundle.
                await UnusedBundles.AddAsync(transaction, [digest], cancel);
                if (!isOver) await FinishInstall.CancelAsync(transaction, answer.InstallId, install.Connector, cancel);
            }
            else
            {
                await AddVersionAsync(transaction, install, answer, digest, cancel);
            }
        }
        else if (!isOver)
        {
            await (answer.Cancelled
                ? FinishInstall.CancelAsync(transaction, answer.InstallId, install.Connector, cancel)
                : FinishInstall.FailAsync(transaction, answer.InstallId, install.Connector,
                    answer.Error ?? new("install_failed", "Installer gave neither a bundle nor a reason."), cancel));
        }
        await transaction.CommitAsync(cancel);
        checks.Wake();
    }

    private static async Task AddVersionAsync(
        NpgsqlTransaction transaction, Pending install, InstallFinished answer, string digest, CancellationToken cancel)
    {
        var warnings = answer.Warnings is { Count: > 0 } told ? JsonSerializer.Serialize(told, PlatformJson.Options) : null;
        var (version, isReady) = await ConnectorVersions.AddAsync(transaction, install.Connector, install.Manifest, answer, cancel);
        await transaction.Connection!.ExecuteAsync(new CommandDefinition("""
            UPDATE installs SET state = 'running', stage = @Stage, version = @version, digest = @digest, warnings = @warnings::json WHERE id = @InstallId
            """, new { answer.InstallId, CheckVersions.Stage, version, digest, warnings }, transaction, cancellationToken: cancel));
        if (isReady)
            await FinishInstall.SucceedAsync(transaction, answer.InstallId, install.Connector, version, digest, cancel);
    }

    [LoggerMessage(1, LogLevel.Warning, "An answer came for install {Install}, which is not in this database; it is dropped")]
    private static partial void LogUnknown(ILogger logger, Guid install);
}
