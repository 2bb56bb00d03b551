using System.Diagnostics;
using Platform.ServiceDefaults;

namespace Platform.Installer.Installs;

/// <summary>Sends the answer to Registry until the broker confirms it.</summary>
internal sealed partial class AnswerInstall(CommandPublisher publisher, InstallStatuses statuses, ILogger<AnswerInstall> logger)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    public async Task SendAsync(InstallStatus status, CancellationToken stopping)
    {
        await Task.Yield();
        using var activity = PlatformActivity.Source.StartActivity($"answer {status.Connector}", ActivityKind.Producer, status.TraceParent);
        var pause = TimeSpan.FromSeconds(1);
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await publisher.PublishAsync(status.Answer, stopping);
                FaultPoints.Pass("install-answered");
                if (!status.Answered) statuses.Write(status with { Answered = true });
                return;
            }
            catch (Exception e) when (!stopping.IsCancellationRequested)
            {
                LogNotSent(logger, e, status.InstallId, pause);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            await Task.Delay(pause, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    [LoggerMessage(LogLevel.Warning, "The answer to install {InstallId} could not be sent; again in {Pause}")]
    private static partial void LogNotSent(ILogger logger, Exception e, Guid installId, TimeSpan pause);
}
