using System.Diagnostics;
using Microsoft.Extensions.Options;
using Platform.Contracts;
using Platform.Installer.Build;
using Platform.Installer.Sources;
using Platform.ServiceDefaults;

namespace Platform.Installer.Installs;

/// <summary>One install from its first to its last word: whatever happens in its steps, it ends with a final status and without a work folder.</summary>
internal sealed partial class RunInstall(
    DataFolder data, InstallStatuses statuses, InstallSteps steps, CommandPublisher publisher, IOptions<InstallOptions> options, ILogger<RunInstall> logger)
{
    /// <param name="cancelled">Somebody wants this install no more.</param>
    /// <param name="stopping">This service ends; the install begins again with the next one.</param>
    /// <returns>The final status, which is on the disk.</returns>
    public async Task<InstallStatus> RunAsync(InstallStatus status, InstallLog log, CancellationToken cancelled, CancellationToken stopping)
    {
        using var activity = PlatformActivity.Source.StartActivity($"install {status.Connector}", ActivityKind.Consumer, status.TraceParent);
        activity?.SetTag("install.id", status.InstallId.ToString());
        var work = Path.Combine(data.Work, status.InstallId.ToString());
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancelled, stopping);
        try
        {
            if (status.Attempt >= options.Value.MaxAttempts) throw Errors.Interrupted(status.Attempt);
            if (status.Attempt > 0) log.Note("the Installer ended in the middle of this install; it begins again");
            status = status with { Attempt = status.Attempt + 1 };
            await InstallProcesses.EndLeftOversAsync(status.InstallId);
            MachinePlatform.Check(status.Manifest);
            var made = await steps.RunAsync(status, work, log, stage => status = Enter(status, stage), either.Token);
            status = status with
            {
                State = InstallState.Succeeded,
                Digest = made.Bundle.Digest,
                SizeBytes = made.Bundle.SizeBytes,
                SourceRevision = made.SourceRevision,
                SourceDigest = made.SourceDigest,
                Warnings = made.Warnings,
                FinishedAt = DateTimeOffset.UtcNow,
            };
        }
        catch (Exception) when (cancelled.IsCancellationRequested)
        {
            // Whatever it was that the cancellation broke.
            status = Failed(status, InstallState.Cancelled, Errors.Cancelled().Error, log);
        }
        catch (Exception) when (stopping.IsCancellationRequested)
        {
            // A stop that was asked for is no failed attempt.
            Tree.Delete(work);
            statuses.Write(status with { State = InstallState.Queued, Stage = null, Attempt = Math.Max(0, status.Attempt - 1) });
            throw new OperationCanceledException(stopping);
        }
        catch (Exception e)
        {
            status = Failed(status, InstallState.Failed, Explain(e, status), log);
            activity?.SetStatus(ActivityStatusCode.Error, status.Error!.Code);
        }
        // First the space, then the words about it.
        Tree.Delete(work);
        statuses.Write(status);
        FaultPoints.Pass("install-finished");
        return status;
    }

    /// <summary>Ends an install that has not begun.</summary>
    /// <returns>The final status, which is on the disk.</returns>
    public InstallStatus Cancel(InstallStatus status, InstallLog log)
    {
        status = Failed(status, InstallState.Cancelled, Errors.Cancelled().Error, log);
        statuses.Write(status);
        FaultPoints.Pass("install-finished");
        return status;
    }

    private static InstallStatus Failed(InstallStatus status, InstallState state, InstallError error, InstallLog log)
    {
        log.Note(state == InstallState.Cancelled ? "cancelled" : $"failed: {error.Message} ({error.Code})");
        if (error.Remedy is not null && state != InstallState.Cancelled) log.Note(error.Remedy);
        return status.Ended(state, error);
    }

    private InstallStatus Enter(InstallStatus status, string stage)
    {
        status = status with { State = InstallState.Running, Stage = stage };
        statuses.Write(status);
        _ = publisher.TryPublishAsync(new InstallProgressed(status.InstallId, stage), CancellationToken.None);
        return status;
    }

    private InstallError Explain(Exception e, InstallStatus status)
    {
        // The rest of what git downloaded is gone by now, and with it the sign of a full disk.
        if (e is InstallFailedException { Error: { Code: "git_failed", OutputTail: { } said } } && said.Contains("No space left on device", StringComparison.Ordinal))
            return Errors.DiskFull().Error;
        if (Errors.Known(e) is { } known) return known;
        LogFailed(logger, e, status.InstallId, status.Stage ?? "starting");
        return Errors.Internal(status.Stage ?? "starting").Error;
    }

    [LoggerMessage(LogLevel.Error, "Install {InstallId} failed while {Stage}")]
    private static partial void LogFailed(ILogger logger, Exception e, Guid installId, string stage);
}
