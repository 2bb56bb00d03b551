using System.Net;
using Docker.DotNet;
using Docker.DotNet.Models;
using Microsoft.Extensions.Options;
using Platform.Installer.Installs;
using Platform.ServiceDefaults;

namespace Platform.Installer.Images;

/// <summary>The container engine's images.</summary>
internal sealed class EngineImages(ContainerEngine engine, IOptions<InstallOptions> options)
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
            throw ImageErrors.EngineNeeded(e.Problem, why);
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

    /// <returns>The id of one that has the label, as <c>name=value</c>; null: none has.</returns>
    public async Task<string?> FindByLabelAsync(string label, CancellationToken ct)
    {
        var wanted = new Dictionary<string, IDictionary<string, bool>> { ["label"] = new Dictionary<string, bool> { [label] = true } };
        return (await AskAsync("list images", client => client.Images.ListImagesAsync(new ImagesListParameters { Filters = wanted }, ct))).FirstOrDefault()?.ID;
    }

    /// <param name="platform">That it must be for, such as <c>linux/amd64</c>; null: what the engine has or pulls by itself.</param>
    /// <returns>The image, or why there is none.</returns>
    public async Task<(ImageInspectResponse? Image, string? Why)> FindOrPullAsync(string reference, InstallLog log, CancellationToken ct, string? platform = null)
    {
        if (await FindAsync(reference, ct) is { } known && IsFor(known, platform)) return (known, null);
        if (await PullAsync(reference, log, ct, platform) is { } why) return (null, PullFailure.InWords(why));
        return await FindAsync(reference, ct) is { } pulled && IsFor(pulled, platform) ? (pulled, null) : (null, "it is not there although it was pulled");
    }

    /// <summary>An image's name and tag, which is <c>latest</c> if it has none.</summary>
    public static (string Repository, string Tag) Split(string reference) =>
        reference.LastIndexOf(':') is var colon && colon > reference.LastIndexOf('/') ? (reference[..colon], reference[(colon + 1)..]) : (reference, "latest");

    private static bool IsFor(ImageInspectResponse image, string? platform) =>
        platform is null || platform.Split('/') is [var system, .. var rest] && image.Os == system && (rest.Length == 0 || image.Architecture == rest[0]);

    /// <returns>Null when it is there now; else why it is not.</returns>
    private async Task<string?> PullAsync(string reference, InstallLog log, CancellationToken ct, string? platform)
    {
        log.Note($"pulling {reference}");
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(options.Value.ImageTimeLimit);
        string? failure = null;
        try
        {
            // Without a tag the engine would pull all of them; a digest stands where a tag would.
            var (repository, tag) = Split(reference);
            var wanted = $"{repository}:{tag}";
            await engine.AskAsync(client => client.Images.CreateImageAsync(new ImagesCreateParameters { FromImage = wanted, Platform = platform }, null, new Told(message =>
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
            throw ImageErrors.PullTimedOut(reference, options.Value.ImageTimeLimit);
        }
        catch (ProblemException e)
        {
            throw ImageErrors.Of(e.Problem);
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
            throw ImageErrors.Of(e.Problem);
        }
        catch (DockerApiException e) when (e.StatusCode is not (HttpStatusCode.NotFound or HttpStatusCode.BadRequest))
        {
            throw ImageErrors.EngineRefused(what, ContainerEngine.WordsOf(e));
        }
    }

    /// <inheritdoc cref="AskAsync{T}"/>
    public Task AskAsync(string what, Func<IDockerClient, Task> ask) => AskAsync(what, async client =>
    {
        await ask(client);
        return true;
    });

    /// <summary>What a reference means now, found or pulled.</summary>
    /// <param name="pinned">The id, without <c>sha256:</c>, that a lock file wants instead; null: none.</param>
    public async Task<ImageInspectResponse> ResolveAsync(string reference, string? pinned, InstallLog log, CancellationToken ct)
    {
        if (await FindAsync(pinned is null ? reference : "sha256:" + pinned, ct) is { } known) return known;
        var (pulled, why) = await FindOrPullAsync(reference, log, ct);
        if (pulled is null) throw ImageErrors.ImageUnavailable(pinned is null ? reference : $"sha256:{pinned}, which the lock file wants", why!);
        return pinned is null || DigestOf(pulled.ID) == pinned ? pulled : throw Errors.SourceDigestMismatch(reference, pinned, DigestOf(pulled.ID), "the lock file");
    }

    /// <summary>An id without <c>sha256:</c>.</summary>
    public static string DigestOf(string id) => id[(id.IndexOf(':') + 1)..];

    public Task<bool> IsReachableAsync(CancellationToken ct) => engine.IsReachableAsync(ct);

    public string Address => engine.Address;

    public Task EnsureNetworkAsync(CancellationToken ct) => engine.EnsureNetworkAsync(ct);

    /// <summary>On the thread that reads, and so in order.</summary>
    public sealed class Told(Action<JSONMessage> on) : IProgress<JSONMessage>
    {
        public void Report(JSONMessage value) => on(value);
    }
}
