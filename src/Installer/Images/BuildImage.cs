using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Docker.DotNet.Models;
using Microsoft.Extensions.Options;
using Platform.Installer.Installs;
using Platform.ServiceDefaults;

namespace Platform.Installer.Images;

/// <param name="Id"><c>sha256:</c> and 64 hex digits.</param>
/// <param name="Name">What people call it.</param>
internal sealed record BuiltImage(string Id, string Name);

/// <param name="Id">Of the install or build.</param>
/// <param name="Folder">The context.</param>
/// <param name="Dockerfile">Relative to it.</param>
/// <param name="Repository">The image is called so, with the beginning of its id as the tag.</param>
/// <param name="Tag">It is called so instead; null: it is not.</param>
/// <param name="Labels">Of the image, besides those of every build.</param>
internal sealed partial record ImageBuild(
    Guid Id, string Folder, string Dockerfile, string Repository, string? Tag = null, IReadOnlyDictionary<string, string>? Labels = null)
{
    /// <summary>Of a connector's images.</summary>
    // In a repository's name separators stand alone and between letters or digits.
    public static string RepositoryOf(string connector) => $"platform/{Separators().Replace(connector, "-").Trim('-')}";

    [GeneratedRegex("[._-]+")]
    private static partial Regex Separators();
}

/// <summary>
/// Builds the image of a folder with a Dockerfile: by the engine's classic builder, unless it needs BuildKit. What it begins with is made sure of before;
/// what was built before from the same is not built again.
/// </summary>
internal sealed class BuildImage(EngineImages images, ClassicBuilder classic, BuildKitBuilder buildKit, IOptions<InstallOptions> options)
{
    /// <summary>Label: sha256 of all that the image was made from.</summary>
    public const string KeyLabel = "platform.build.key";

    /// <summary>Label: the images that it begins with or copies from, as <c>reference=id</c> with blanks between them.</summary>
    public const string BasesLabel = "platform.build.bases";

    private const int ShownIdDigits = 12;

    /// <param name="work">A folder for the context.</param>
    /// <exception cref="InstallFailedException">It can't be built, or was not in time.</exception>
    public async Task<BuiltImage> RunAsync(ImageBuild build, string work, InstallLog log, CancellationToken ct)
    {
        using var activity = PlatformActivity.Source.StartActivity("build image");
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(options.Value.ImageTimeLimit);
        var (began, output) = (Stopwatch.GetTimestamp(), new BuildOutput(log));
        try
        {
            var dockerfile = Dockerfile.Read(BuildContext.ReadText(build.Folder, build.Dockerfile) ?? "");
            var bases = await NeedAsync(build, dockerfile.Needed, log, deadline.Token);
            var context = Path.Combine(work, "context.tar");
            var count = await BuildContext.WriteAsync(build.Folder, build.Dockerfile, context, options.Value, deadline.Token);
            var key = await KeyAsync(context, build.Dockerfile, bases, deadline.Token);
            var image = await images.FindByLabelAsync($"{KeyLabel}={key}", deadline.Token) is { } known ? await ReuseAsync(build, known, log, deadline.Token) : null;
            if (image is null)
            {
                log.Note($"building the image from {count} files and folders, {new FileInfo(context).Length} bytes");
                var labels = new Dictionary<string, string>(build.Labels ?? new Dictionary<string, string>()) { [KeyLabel] = key, [BasesLabel] = bases };
                image = await BuildAsync(build, dockerfile.BuildKitNeeds, labels, context, output, log, deadline.Token);
                log.Note($"built {image.Name}, {image.Id}, after {Stopwatch.GetElapsedTime(began).TotalSeconds:F1} s");
            }
            File.Delete(context);
            activity?.SetTag("image", image.Id);
            return image;
        }
        catch (Exception) when (deadline.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            throw ImageErrors.BuildTimedOut(options.Value.ImageTimeLimit, output.ToString());
        }
    }

    /// <summary>Asked for beforehand, so that all that is missing is named at once.</summary>
    private async Task<string> NeedAsync(ImageBuild build, IReadOnlyList<BaseImage> bases, InstallLog log, CancellationToken ct)
    {
        List<string> missing = [], found = [];
        foreach (var (reference, platform) in bases)
        {
            var (image, why) = await images.FindOrPullAsync(reference, log, ct, platform);
            if (image is null) missing.Add($"{reference}{(platform is null ? "" : $" for {platform}")} ({why!.TrimEnd('.')})");
            else found.Add($"{reference}={image.ID}");
        }
        return missing.Count > 0 ? throw ImageErrors.BaseImagesUnavailable(build.Dockerfile, missing) : string.Join(' ', found);
    }

    private static async Task<string> KeyAsync(string context, string dockerfile, string bases, CancellationToken ct)
    {
        await using var content = File.OpenRead(context);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{Convert.ToHexStringLower(await SHA256.HashDataAsync(content, ct))}\n{dockerfile}\n{bases}")));
    }

    private async Task<BuiltImage> ReuseAsync(ImageBuild build, string id, InstallLog log, CancellationToken ct)
    {
        var image = await NameAsync(build, id, ct);
        log.Note($"nothing has changed since {image.Name}, {id}, was built; it is used again");
        return image;
    }

    private async Task<BuiltImage> BuildAsync(
        ImageBuild build, IReadOnlyList<string> needs, Dictionary<string, string> labels, string context, BuildOutput output, InstallLog log, CancellationToken ct)
    {
        // Below this name until its id is known: the same files then give the same name again, and so the same bundle.
        var built = $"{build.Repository}:{build.Id:N}";
        if (needs.Count == 0)
        {
            await classic.RunAsync(built, build.Dockerfile, labels, context, output, ct);
        }
        else
        {
            log.Note($"{build.Dockerfile} needs BuildKit: {string.Join("; ", needs)}");
            await buildKit.RunAsync(built, build.Dockerfile, needs, labels, context, output, ct);
        }
        var id = (await images.FindAsync(built, ct) ?? throw ImageErrors.BuildFailed("the engine has no image afterwards", output.ToString())).ID;
        var image = await NameAsync(build, id, ct);
        await images.AskAsync("name the image", client => client.Images.DeleteImageAsync(built, new ImageDeleteParameters(), ct));
        return image;
    }

    private async Task<BuiltImage> NameAsync(ImageBuild build, string id, CancellationToken ct)
    {
        var name = build.Tag ?? $"{build.Repository}:{id[(id.IndexOf(':') + 1)..][..ShownIdDigits]}";
        var (repository, tag) = EngineImages.Split(name);
        await images.AskAsync("name the image", client => client.Images.TagImageAsync(id, new ImageTagParameters { RepositoryName = repository, Tag = tag }, ct));
        return new(id, $"{repository}:{tag}");
    }
}
