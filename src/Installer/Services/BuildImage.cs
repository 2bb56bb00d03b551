using System.Diagnostics;
using System.Text.RegularExpressions;
using Docker.DotNet;
using Docker.DotNet.Models;
using Microsoft.Extensions.Options;
using Platform.Installer.Build;
using Platform.Installer.Installs;
using Platform.ServiceDefaults;

namespace Platform.Installer.Services;

/// <param name="Id"><c>sha256:</c> and 64 hex digits.</param>
/// <param name="Name">What people call it.</param>
internal sealed record ServiceImage(string Id, string Name);

/// <summary>Builds the image of a source with a Dockerfile, by the engine's classic builder, which needs nothing beside the engine.</summary>
internal sealed partial class BuildImage(Images images, IOptions<InstallOptions> options)
{
    private const int ShownIdDigits = 12;

    /// <param name="work">A folder for the context.</param>
    /// <exception cref="InstallFailedException">It can't be built, or was not in time.</exception>
    public async Task<ServiceImage> RunAsync(Guid install, string connector, string source, string work, InstallLog log, CancellationToken ct)
    {
        using var activity = PlatformActivity.Source.StartActivity("build image");
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(options.Value.ImageTimeLimit);
        var (began, tail) = (Stopwatch.GetTimestamp(), new OutputTail());
        try
        {
            await NeedAsync(Dockerfile.Images(BuildContext.ReadText(source, Dockerfile.FileName)!), log, deadline.Token);
            var context = Path.Combine(work, "context.tar");
            var count = await BuildContext.WriteAsync(source, context, options.Value, deadline.Token);
            log.Note($"building the image from {count} files and folders, {new FileInfo(context).Length} bytes");
            var image = await BuildAsync(install, connector, context, tail, log, deadline.Token);
            File.Delete(context);
            log.Note($"built {image.Name}, {image.Id}, after {Stopwatch.GetElapsedTime(began).TotalSeconds:F1} s");
            activity?.SetTag("image", image.Id);
            return image;
        }
        catch (Exception) when (deadline.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            throw ServiceErrors.BuildTimedOut(options.Value.ImageTimeLimit, tail.ToString());
        }
    }

    /// <summary>Asked for beforehand, so that all that is missing is named at once.</summary>
    private async Task NeedAsync(IReadOnlyList<string> bases, InstallLog log, CancellationToken ct)
    {
        List<string> missing = [];
        foreach (var image in bases)
        {
            if (await images.FindAsync(image, ct) is null && await images.PullAsync(image, log, ct) is { } why) missing.Add($"{image} ({why.TrimEnd('.')})");
        }
        if (missing.Count > 0) throw ServiceErrors.BaseImagesUnavailable(missing);
    }

    private async Task<ServiceImage> BuildAsync(Guid install, string connector, string context, OutputTail tail, InstallLog log, CancellationToken ct)
    {
        // Below this name until its id is known: the same files then give the same name again, and so the same bundle.
        var repository = $"platform/{Separators().Replace(connector, "-").Trim('-')}";
        var built = $"{repository}:{install:N}";
        await images.EnsureNetworkAsync(ct);
        await SendAsync(built, context, tail, log, ct);
        var id = (await images.FindAsync(built, ct) ?? throw ServiceErrors.BuildFailed("the engine has no image afterwards", tail.ToString())).ID;
        var tag = id[(id.IndexOf(':') + 1)..][..ShownIdDigits];
        await images.AskAsync("name the image", client => client.Images.TagImageAsync(id, new ImageTagParameters { RepositoryName = repository, Tag = tag }, ct));
        await images.AskAsync("name the image", client => client.Images.DeleteImageAsync(built, new ImageDeleteParameters(), ct));
        return new(id, $"{repository}:{tag}");
    }

    private async Task SendAsync(string name, string context, OutputTail tail, InstallLog log, CancellationToken ct)
    {
        var (line, failure) = ("", (string?)null);
        var parameters = new ImageBuildParameters
        {
            Tags = [name],
            Remove = true,
            ForceRemove = true,
            NetworkMode = ContainerEngine.Network,
            Memory = options.Value.CommandMemoryBytes,
            MemorySwap = options.Value.CommandMemoryBytes,
        };
        await using var content = File.OpenRead(context);
        try
        {
            await images.AskAsync("build", client => client.Images.BuildImageFromDockerfileAsync(parameters, content, null, null, new Images.Told(Take), ct));
        }
        catch (DockerApiException e)
        {
            throw ServiceErrors.BuildFailed(ContainerEngine.WordsOf(e), tail.ToString());
        }
        Say(line);
        if (failure is not null) throw ServiceErrors.BuildFailed(failure, tail.ToString());

        // The builder's words come in pieces of any length.
        void Take(JSONMessage message)
        {
            failure ??= message.Error?.Message;
            var parts = (line + message.Stream).Split('\n');
            foreach (var whole in parts.SkipLast(1)) Say(whole);
            line = parts[^1].Length <= LineReader.MaxLineBytes ? parts[^1] : "";
            if (line.Length < parts[^1].Length) Say(parts[^1]);
        }

        void Say(string text)
        {
            text = text.TrimEnd('\r').Replace('\0', '\ufffd');
            if (text.Length == 0) return;
            tail.Add("stdout", text);
            log.Add("stdout", text);
        }
    }

    // In a repository's name they stand alone and between letters or digits.
    [GeneratedRegex("[._-]+")]
    private static partial Regex Separators();
}
