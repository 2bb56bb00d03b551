using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using Platform.Runner.Checks;
using Platform.ServiceDefaults;

namespace Platform.Runner.Packages.Check;

/// <summary>POST /v1/images/check: whether an image follows the specifications of packaged connectors. Nothing of it is installed or kept.</summary>
internal sealed class CheckImage(ImageCheck check, LocalFolders folders, IOptions<CheckSettings> settings, IHostApplicationLifetime lifetime)
{
    private const int MaxReference = 512;
    private const int RetryAfterSeconds = 60;
    // A check starts many containers, and its times are measured.
    private readonly SemaphoreSlim turns = new(1);

    /// <param name="Image">A reference or an id, of an image that is in the engine.</param>
    /// <param name="Configuration">A folder below the local roots, as an absolute path; null: the image gets an empty one.</param>
    internal sealed record Body([property: Required] string? Image, string? Configuration = null);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/images/check", (Body body, CheckImage check, CancellationToken cancel) => check.RunAsync(body, cancel))
        .WithTags("Images")
        // It starts whatever the image holds, as an install does.
        .RequireScope("connectors:install").WithExample("""{"image": "articles:1"}""")
        .WithErrors("configuration_too_large", "configuration_unreadable", "image_missing", "image_required", "installer_unavailable", "local_not_allowed", "local_not_found", "too_many_checks")
        .Produces<ImageReport>()
        .ProducesProblem(403).ProducesProblem(404).ProducesProblem(422).ProducesProblem(503)
        .WithSummary("Check whether an image follows the specifications of packaged connectors")
        .WithDescription("Takes up to two minutes. Each point is graded must, should or info, with what was seen and how to mend it.");

    private async Task<ImageReport> RunAsync(Body body, CancellationToken cancel)
    {
        if (body.Image is not { Length: > 0 and <= MaxReference } image)
            throw new ProblemException(new("image_required", 422, "There is no image to check", "The image is missing, or is no reference.", "Send {\"image\": \"name:tag\"}.",
                [new("image", "required", "The name of an image is needed.")]));
        var configuration = body.Configuration is { Length: > 0 } given ? folders.Check(given) : null;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel, lifetime.ApplicationStopping);
        try
        {
            if (!await turns.WaitAsync(TimeSpan.FromSeconds(settings.Value.TurnSeconds), stop.Token))
                throw Errors.TooManyChecks(RetryAfterSeconds);
            try
            {
                return await check.RunAsync(image, configuration, stop.Token);
            }
            finally
            {
                turns.Release();
            }
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw Errors.NotDescribed(Faults.RunnerStopping);
        }
    }
}

internal static class ImageCheckSetup
{
    public static void AddImageCheck(this IServiceCollection services)
    {
        services.AddOptions<LocalSettings>().BindConfiguration(LocalSettings.Section);
        services.AddSingleton<LocalFolders>().AddSingleton<ImageCheck>().AddSingleton<CheckImage>();
    }

    public static void MapImageCheck(this IEndpointRouteBuilder routes) => CheckImage.Map(routes);
}
