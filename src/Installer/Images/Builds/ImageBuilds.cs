using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Platform.Contracts;
using Platform.Installer.Installs;
using Platform.ServiceDefaults;

namespace Platform.Installer.Images.Builds;

/// <summary>
/// Builds images by request, a few at once. Nothing depends on them: one that this service's end breaks off has failed, and whoever wanted it asks again.
/// </summary>
internal sealed partial class ImageBuilds(DataFolder data, BuildImage build, IOptions<InstallOptions> options, ILogger<ImageBuilds> logger) : IHostedService
{
    private const int Kept = 50;

    // Names that nobody gave are of no use here: each build has its own.
    private const string Repository = "platform/build";

    private readonly ConcurrentDictionary<Guid, (InstallLog Log, Task Task)> running = [];
    private readonly SemaphoreSlim places = new(options.Value.Concurrency);
    private readonly CancellationTokenSource stopping = new();

    /// <param name="context">The folder, with every link in its path resolved.</param>
    public ImageBuildStatus Begin(ImageBuildStatus status, string context)
    {
        Directory.CreateDirectory(data.Build(status.Id));
        Write(status);
        var log = new InstallLog(LogOf(status.Id));
        var begun = new TaskCompletionSource();
        // Known before it can end.
        running[status.Id] = (log, begun.Task.ContinueWith(_ => RunAsync(status, context, log), TaskScheduler.Default).Unwrap());
        begun.SetResult();
        return status;
    }

    public ImageBuildStatus? Find(Guid id)
    {
        try
        {
            using var file = File.OpenRead(StatusOf(id));
            return JsonSerializer.Deserialize<ImageBuildStatus>(file, PlatformJson.Options);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Null: it does not run, and what is kept of its log is a file.</summary>
    public InstallLog? Live(Guid id) => running.TryGetValue(id, out var build) ? build.Log : null;

    public IReadOnlyList<LogLine> Read(Guid id) => InstallLog.Read(LogOf(id));

    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var status in All().Where(status => !status.IsFinal)) Write(Ended(status, InstallState.Failed, ImageErrors.BuildInterrupted().Error));
        Prune();
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await stopping.CancelAsync();
        await Task.WhenAll(running.Values.Select(build => build.Task)).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task RunAsync(ImageBuildStatus status, string context, InstallLog log)
    {
        var work = Path.Combine(data.Work, status.Id.ToString());
        try
        {
            await places.WaitAsync(stopping.Token);
            try
            {
                status = status with { State = InstallState.Running };
                Write(status);
                Directory.CreateDirectory(work);
                var image = await build.RunAsync(new(status.Id, context, status.Dockerfile, Repository, status.Name), work, log, stopping.Token);
                status = status with { State = InstallState.Succeeded, Image = image.Id, FinishedAt = DateTimeOffset.UtcNow };
            }
            finally
            {
                places.Release();
            }
        }
        catch (Exception e)
        {
            if (!stopping.IsCancellationRequested && Errors.Known(e) is null) LogFailed(logger, e, status.Id);
            var error = stopping.IsCancellationRequested ? ImageErrors.BuildInterrupted().Error : Errors.Known(e) ?? Errors.Internal("building").Error;
            log.Note($"failed: {error.Message} ({error.Code})");
            status = Ended(status, InstallState.Failed, error);
        }
        Finish(status, work, log);
    }

    private void Finish(ImageBuildStatus status, string work, InstallLog log)
    {
        try
        {
            Tree.Delete(work);
            Write(status);
            Prune();
        }
        catch (IOException e)
        {
            // It is found unfinished at the next start, and then has failed.
            LogFailed(logger, e, status.Id);
        }
        log.Dispose();
        running.TryRemove(status.Id, out _);
    }

    private IEnumerable<ImageBuildStatus> All() => Directory.EnumerateDirectories(data.Builds)
        .Select(folder => Guid.TryParse(Path.GetFileName(folder), out var id) ? Find(id) : null).OfType<ImageBuildStatus>();

    private void Prune()
    {
        lock (places)
            foreach (var old in All().Where(status => status.IsFinal).OrderByDescending(status => status.FinishedAt).Skip(Kept).ToList()) Tree.Delete(data.Build(old.Id));
    }

    private static ImageBuildStatus Ended(ImageBuildStatus status, InstallState state, InstallError error) =>
        status with { State = state, Error = error, FinishedAt = DateTimeOffset.UtcNow };

    private void Write(ImageBuildStatus status) => DataFolder.WriteDurably(StatusOf(status.Id), status, PlatformJson.Options);

    private string StatusOf(Guid id) => Path.Combine(data.Build(id), "status");

    private string LogOf(Guid id) => Path.Combine(data.Build(id), "log");

    [LoggerMessage(LogLevel.Error, "Build {BuildId} failed")]
    private static partial void LogFailed(ILogger logger, Exception e, Guid buildId);
}
