using Platform.ServiceDefaults;

namespace Platform.Installer.Installs;

/// <summary><c>GET /v1/installs/{id}/log</c>.</summary>
internal static class GetInstallLog
{
    public static void MapGetInstallLog(this WebApplication app) =>
        app.MapGet("/v1/installs/{id:guid}/log", HandleAsync).RequireScope("connectors:read").WithErrors("unknown_install").WithHeader(RequestHeader.LastEventId).WithName("GetInstallLog").WithTags("Installs")
            .WithSummary("The log of an install: live as server-sent events, or what there is so far as JSON.")
            .Produces<LogAnswer.Kept>(contentType: "application/json", additionalContentTypes: "text/event-stream");

    private static Task HandleAsync(Guid id, HttpContext http, InstallLogs logs, InstallStatuses statuses, CancellationToken ct)
    {
        var live = logs.Find(id);
        var status = statuses.Find(id) ?? throw Errors.UnknownInstall(id);
        if (!status.IsFinal) live ??= logs.Find(id);
        return LogAnswer.WriteAsync(http, live, () => logs.Read(id), () => (statuses.Find(id) ?? status).State, ct);
    }
}
