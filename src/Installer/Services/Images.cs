using System.Net;
using Docker.DotNet;
using Docker.DotNet.Models;
using Microsoft.Extensions.Options;
using Platform.Installer.Installs;
using Platform.ServiceDefaults;

namespace Platform.Installer.Services;

/// <summary>The container engine's images.</summary>
internal sealed class Images(ContainerEngine engine, IOptions<InstallOptions> options)
{
    /// <param name="why">It is needed, for who reads that it is away.</param>
    /// <exception cref="InstallFailedException"><c>container_engine_unavailable</c>.</exception>
    public async Task CheckEngineAsync(string why, CancellationToken ct)
    {
        try
        {
            await engine.CheckAsync(ct);
        }
        catch (ProblemException e)
        {
            throw ServiceErrors.EngineNeeded(e.Problem, why);
        }
    }

    /// <returns>Null: the engine has no such image.</returns>
    public async Task<ImageInspectResponse?> FindAsync(string reference, CancellationToken ct)
    {
        try
        {
            return await AskAsync("look for images", client => client.Images.InspectImageAsync(reference, ct));
        }
        catch (DockerApiException e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    /// <returns>Null when it is there now; else why it is not.</returns>
    public async Task<string?> PullAsync(string reference, InstallLog log, CancellationToken ct)
    {
        log.Note($"pulling {reference}");
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(options.Value.ImageTimeLimit);
        string? failure = null;
        try
        {
            // Without a tag the engine would pull all of them.
            var wanted = reference.LastIndexOf(':') > reference.LastIndexOf('/') ? reference : reference + ":latest";
            await engine.AskAsync(client => client.Images.CreateImageAsync(new ImagesCreateParameters { FromImage = wanted }, null, new Told(message =>
            {
                failure ??= message.Error?.Message;
                // The bars of a terminal are left out.
                if (message.Status is { Length: > 0 } status && message.Progress is null) log.Add("stdout", message.ID is { Length: > 0 } layer ? $"{layer}: {status}" : status);
            }), deadline.Token));
            return failure;
        }
        catch (DockerApiException e)
        {
            // A registry that does not answer, and one that has no such image, are 500 and 404 alike.
            return ContainerEngine.WordsOf(e);
        }
        catch (Exception) when (deadline.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            throw ServiceErrors.PullTimedOut(reference, options.Value.ImageTimeLimit);
        }
        catch (ProblemException e)
        {
            throw ServiceErrors.Of(e.Problem);
        }
    }

    /// <exception cref="InstallFailedException">The engine went away, or refuses in a way that the caller does not expect.</exception>
    /// <exception cref="DockerApiException">404 and 400, whose meaning the caller knows.</exception>
    public async Task<T> AskAsync<T>(string what, Func<IDockerClient, Task<T>> ask)
    {
        try
        {
            return await engine.AskAsync(ask);
        }
        catch (ProblemException e)
        {
            throw ServiceErrors.Of(e.Problem);
        }
        catch (DockerApiException e) when (e.StatusCode is not (HttpStatusCode.NotFound or HttpStatusCode.BadRequest))
        {
            throw ServiceErrors.EngineRefused(what, ContainerEngine.WordsOf(e));
        }
    }

    /// <inheritdoc cref="AskAsync{T}"/>
    public Task AskAsync(string what, Func<IDockerClient, Task> ask) => AskAsync(what, async client =>
    {
        await ask(client);
        return true;
    });

    public Task<bool> IsReachableAsync(CancellationToken ct) => engine.IsReachableAsync(ct);

    public string Address => engine.Address;

    public Task EnsureNetworkAsync(CancellationToken ct) => engine.EnsureNetworkAsync(ct);

    /// <summary>On the thread that reads, and so in order.</summary>
    public sealed class Told(Action<JSONMessage> on) : IProgress<JSONMessage>
    {
        public void Report(JSONMessage value) => on(value);
    }
}
