using System.Diagnostics;
using System.Text.Json;
using System.Threading.Channels;
using Dapper;
using Npgsql;
using Platform.Contracts;
using Platform.ServiceDefaults;

namespace Platform.Registry.Installs;

/// <summary>
/// Sends <see cref="InstallConnector"/> for every install that has no answer: at once when woken, and again every 30 s.
/// The rows are the queue, so a command that the broker lost, or never got, is only late. Replicas share the rows out by locking.
/// </summary>
internal sealed partial class InstallSender(NpgsqlDataSource database, CommandPublisher commands, ILogger<InstallSender> logger) : BackgroundService
{
    private static readonly TimeSpan RepeatAfter = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(2);
    private const int Batch = 20;

    private readonly Channel<bool> wakeUps = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private sealed record Command(Guid Id, string Connector, string Manifest, string? UpdateFrom, string? Pin, string? Traceparent);

    /// <summary>There is a new row.</summary>
    public void Wake() => wakeUps.Writer.TryWrite(true);

    protected override async Task ExecuteAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await SendDueAsync(stopping);
                await PauseAsync(stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // Database or broker away: the rows wait.
                LogFailed(logger, e);
                await Task.Delay(SweepEvery, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task PauseAsync(CancellationToken stopping)
    {
        using var pause = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        pause.CancelAfter(SweepEvery);
        try
        {
            await wakeUps.Reader.ReadAsync(pause.Token);
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
        }
    }

    private async Task SendDueAsync(CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        var due = await connection.QueryAsync<Command>(new CommandDefinition("""
            UPDATE installs SET last_sent_at = now()
            WHERE id IN (
                SELECT id FROM installs
                WHERE state IN ('queued', 'running') AND (last_sent_at IS NULL OR last_sent_at < now() - @RepeatAfter)
                ORDER BY id LIMIT @Batch FOR UPDATE SKIP LOCKED)
            RETURNING id, connector, manifest, update_from, pin, traceparent
            """, new { RepeatAfter, Batch }, cancellationToken: cancel));

        Exception? failure = null;
        foreach (var command in due)
        {
            try
            {
                await SendAsync(command, cancel);
            }
            catch (Exception e) when (!cancel.IsCancellationRequested)
            {
                failure = e;
                await connection.ExecuteAsync(new CommandDefinition(
                    "UPDATE installs SET last_sent_at = NULL WHERE id = @Id", command, cancellationToken: cancel));
            }
        }
        if (failure is not null) throw new InvalidOperationException("Commands to Installer could not be sent; they are tried again.", failure);
    }

    private async Task SendAsync(Command command, CancellationToken cancel)
    {
        ActivityContext.TryParse(command.Traceparent, null, isRemote: true, out var parent);
        using var activity = PlatformActivity.Source.StartActivity("send InstallConnector", ActivityKind.Internal, parent);
        activity?.SetTag("platform.install_id", command.Id).SetTag("platform.connector", command.Connector);

        await commands.PublishAsync(new InstallConnector(
            command.Id, command.Connector, Read<Manifest>(command.Manifest)!, Read<InstalledVersion>(command.UpdateFrom), Read<SourcePin>(command.Pin)), cancel);
    }

    private static T? Read<T>(string? json) where T : class => json is null ? null : JsonSerializer.Deserialize<T>(json, PlatformJson.Options);

    [LoggerMessage(1, LogLevel.Warning, "Sending install commands failed; the rows are tried again")]
    private static partial void LogFailed(ILogger logger, Exception e);
}
