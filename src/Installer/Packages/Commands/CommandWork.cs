using Microsoft.Extensions.Options;
using Platform.Installer.Installs;
using Platform.ServiceDefaults;

namespace Platform.Installer.Packages.Commands;

/// <summary>What requests ask of packages' commands, a few at once: each has a folder of its own, which is gone afterwards.</summary>
internal sealed class CommandWork(DataFolder data, IOptions<InstallOptions> options, IHostApplicationLifetime lifetime)
{
    private readonly SemaphoreSlim places = new(options.Value.Concurrency);

    /// <summary>One request's work: its id, its folder, and where words about it go.</summary>
    internal sealed record Place(Guid Id, string Folder, InstallLog Log)
    {
        public string Subfolder(string name) => Directory.CreateDirectory(Path.Combine(Folder, name)).FullName;
    }

    /// <exception cref="ProblemException">It could not be done, as far as that is known beforehand or not this service's fault.</exception>
    public async Task<T> RunAsync<T>(Func<Place, CancellationToken, Task<T>> work, CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct, lifetime.ApplicationStopping);
        var id = Guid.CreateVersion7();
        var folder = Path.Combine(data.Work, id.ToString());
        try
        {
            await places.WaitAsync(stop.Token);
            try
            {
                Directory.CreateDirectory(folder);
                using var log = new InstallLog(Path.Combine(folder, "log"));
                return await work(new(id, folder, log), stop.Token);
            }
            finally
            {
                places.Release();
                Tree.Delete(folder);
            }
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw CommandErrors.Problem(CommandErrors.Stopping().Error);
        }
        catch (Exception e) when (Errors.Known(e) is { } known)
        {
            throw CommandErrors.Problem(known);
        }
    }
}
