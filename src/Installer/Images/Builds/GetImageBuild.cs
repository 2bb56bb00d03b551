using Platform.Installer.Installs;
using Platform.ServiceDefaults;

namespace Platform.Installer.Images.Builds;

/// <summary>GET /v1/images/builds/{id}: how a build goes, and <c>…/log</c>: what it says.</summary>
internal static class GetImageBuild
{
    public static void MapGetImageBuild(this WebApplication app)
    {
        app.MapGet("/v1/images/builds/{id:guid}", (Guid id, ImageBuilds builds) => builds.Find(id) ?? throw ImageErrors.UnknownBuild(id))
            .RequireScope("connectors:read")
            .WithErrors("unknown_build").WithName("GetImageBuild").WithTags("Images").WithSummary("Shows a build of an image")
            .Produces<ImageBuildStatus>().ProducesProblem(404);
        app.MapGet("/v1/images/builds/{id:guid}/log", LogAsync)
            .RequireScope("connectors:read")
            .WithErrors("unknown_build").WithHeader(RequestHeader.LastEventId).WithName("GetImageBuildLog").WithTags("Images")
            .WithSummary("The log of a build: live as server-sent events, or what there is so far as JSON.")
            .Produces<LogAnswer.Kept>(contentType: "application/json", additionalContentTypes: "text/event-stream").ProducesProblem(404);
    }

    private static Task LogAsync(Guid id, HttpContext http, ImageBuilds builds, CancellationToken ct)
    {
        // The log is there before the status, and as long as that is not final.
        var live = builds.Live(id);
        var status = builds.Find(id) ?? throw ImageErrors.UnknownBuild(id);
        return LogAnswer.WriteAsync(http, live, () => builds.Read(id), () => (builds.Find(id) ?? status).State, ct);
    }
}
