using System.Diagnostics;
using System.Text.Json;
using Dapper;
using Npgsql;
using Platform.Contracts;
using Platform.ServiceDefaults;

namespace Platform.Registry.Installs;

/// <summary>
/// Sends <see cref="InstallConnector"/> for every install that has no answer: at once when woken, and again every 30 s; and
/// <see cref="CancelInstall"/> every 2 s for one that is to end. A command that the broker lost, or never got, is only late.
/// Replicas share the rows out by locking.
/// </summary>
internal sealed class InstallSender(NpgsqlDataSource database, CommandPublisher commands, ILogger<InstallSender> logger) : RowQueue(SweepEvery, logger)
{
    private static readonly TimeSpan RepeatAfter = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(2);
    // A little less, so that every sweep sends it.
    private static readonly TimeSpan RepeatCancelAfter = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan UnheardOfAfter = TimeSpan.FromSeconds(10);
    private const int Batch = 20;

    /// <param name="Cancel">It is to end.</param>
    /// <param name="Unheard">It is to end, and nothing has come of that for so long that Installer may never have got its command.</param>
    private sealed record Command(
        Guid Id, string Connector, string Manifest, string? UpdateFrom, string? Pin, string? Traceparent, bool Cancel, bool Unheard);

    protected override async Task WorkAsync(CancellationToken stopping)
    {
        await using var connection = await database.OpenConnectionAsync(stopping);
        var due = await connection.QueryAsync<Command>(new CommandDefinition("""
            UPDATE installs SET last_sent_at = now()
            WHERE id IN (
                SELECT id FROM installs
                WHERE state IN ('queued', 'running') AND stage IS DISTINCT FROM 'checking'
                AND (last_sent_at IS NULL OR last_sent_at < now() - @RepeatAfter
                    OR (cancel_requested_at IS NOT NULL AND (last_sent_at < cancel_requested_at OR last_sent_at < now() - @RepeatCancelAfter)))
                ORDER BY id LIMIT @Batch FOR UPDATE SKIP LOCKED)
            RETURNING id, connector, manifest, update_from, pin, traceparent,
                cancel_requested_at IS NOT NULL AS cancel, coalesce(cancel_requested_at < now() - @UnheardOfAfter, false) AS unheard
            """, new { RepeatAfter, RepeatCancelAfter, UnheardOfAfter, Batch }, cancellationToken: stopping));

        Exception? failure = null;
        foreach (var command in due)
        {
            try
            {
                await SendAsync(command, stopping);
            }
            catch (Exception e) when (!stopping.IsCancellationRequested)
            {
                failure = e;
                await connection.ExecuteAsync(new CommandDefinition(
                    "UPDATE installs SET last_sent_at = NULL WHERE id = @Id", command, cancellationToken: stopping));
            }
        }
        if (failure is not null) throw new InvalidOperationException("Commands to Installer could not be sent; they are tried again.", failure);
    }

    private async Task SendAsync(Command command, CancellationToken cancel)
    {
        ActivityContext.TryParse(command.Traceparent, null, isRemote: true, out var parent);
        using var activity = PlatformActivity.Source.StartActivity(
            $"send {(command.Cancel ? nameof(CancelInstall) : nameof(InstallConnector))}", ActivityKind.Internal, parent);
        activity?.SetTag("platform.install_id", command.Id).SetTag("platform.connector", command.Connector);

        // An install that Installer does not know can't be ended there; given the command once more, it can.
        if (!command.Cancel || command.Unheard)
            await commands.PublishAsync(new InstallConnector(
                command.Id, command.Connector, Read<Manifest>(command.Manifest)!, Read<InstalledVersion>(command.UpdateFrom), Read<SourcePin>(command.Pin)), cancel);
        if (command.Cancel)
            await commands.PublishAsync(new CancelInstall(command.Id), cancel);
    }

    private static T? Read<T>(string? json) where T : class => json is null ? null : JsonSerializer.Deserialize<T>(json, PlatformJson.Options);
}
