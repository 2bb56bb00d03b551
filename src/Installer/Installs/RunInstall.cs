using System.Diagnostics;
using Microsoft.Extensions.Options;
using Platform.Contracts;
using Platform.Installer.Build;
using Platform.Installer.Bundles;
using Platform.Installer.Sources;
using Platform.ServiceDefaults;

namespace Platform.Installer.Installs;

/// <summary>One install from its first to its last step: fetch, build, pack. Only the last step, a rename, leaves anything behind.</summary>
internal sealed partial class RunInstall(
    DataFolder data, InstallStatuses statuses, FetchSource fetch, BuildSource build, PackBundle pack,
    CommandPublisher publisher, IOptions<InstallOptions> options, ILogger<RunInstall> logger)
{
    /// <returns>The final status, which is on the disk.</returns>
    public async Task<InstallStatus> RunAsync(InstallStatus status, InstallLog log, CancellationToken stopping)
    {
        using var activity = PlatformActivity.Source.StartActivity($"install {status.Connector}", ActivityKind.Consumer, status.TraceParent);
        activity?.SetTag("install.id", status.InstallId.ToString());
        var id = status.InstallId;
        var manifest = status.Manifest;
        var work = Path.Combine(data.Work, id.ToString());
        try
        {
            if (status.Attempt >= options.Value.MaxAttempts) throw Errors.Interrupted(status.Attempt);
            if (status.Attempt > 0) log.Note("the Installer ended in the middle of this install; it begins again");
            status = status with { Attempt = status.Attempt + 1 };
            await InstallProcesses.EndAsync(id);
            MachinePlatform.Check(manifest);
            var (source, temporary) = (Folder(work, "source"), Folder(work, "tmp"));

            status = Enter(status, "fetching");
            var fetched = await fetch.RunAsync(id, manifest, pin: null, source, Folder(work, "fetch"), log, onProgress: (_, _) => { }, stopping);
            if (!string.IsNullOrWhiteSpace(manifest.InstallCommand))
            {
                status = Enter(status, "building");
                await build.RunAsync(id, source, temporary, manifest.InstallCommand, log, stopping);
            }
            status = Enter(status, "packing");
            var bundle = await pack.RunAsync(source, work, stopping);
            log.Note($"stored as {bundle.Digest}, {bundle.SizeBytes} bytes");
            status = status with { State = InstallState.Succeeded, Digest = bundle.Digest, SizeBytes = bundle.SizeBytes, SourceRevision = fetched.Revision };
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
            var error = Explain(e, status);
            activity?.SetStatus(ActivityStatusCode.Error, error.Code);
            log.Note($"failed: {error.Message} ({error.Code})");
            if (error.Remedy is not null) log.Note(error.Remedy);
            status = status with { State = InstallState.Failed, Error = error };
        }
        // First the space, then the words about it.
        Tree.Delete(work);
        status = status with { FinishedAt = DateTimeOffset.UtcNow };
        statuses.Write(status);
        return status;
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
        switch (e)
        {
            case InstallFailedException failed: return failed.Error;
            case IOException { HResult: Posix.NoSpace }: return Errors.DiskFull().Error;
            case UnauthorizedAccessException: return Errors.Unreadable().Error;
            default:
                LogFailed(logger, e, status.InstallId, status.Stage ?? "starting");
                return Errors.Internal(status.Stage ?? "starting").Error;
        }
    }

    private static string Folder(string work, string name) => Directory.CreateDirectory(Path.Combine(work, name)).FullName;

    [LoggerMessage(LogLevel.Error, "Install {InstallId} failed while {Stage}")]
    private static partial void LogFailed(ILogger logger, Exception e, Guid installId, string stage);
}
