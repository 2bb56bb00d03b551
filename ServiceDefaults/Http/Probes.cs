using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;

namespace Platform.ServiceDefaults;

/// <summary><c>/health</c>: can do its work (200 or 503). <c>/alive</c>: the process answers. Both without secret and token, in every environment.</summary>
internal static class Probes
{
    public const string Health = "/health";
    public const string Alive = "/alive";
    public const string LiveTag = "live";

    public static bool IsProbe(PathString path) => path.Equals(Health) || path.Equals(Alive);

    public static void Map(WebApplication app)
    {
        app.MapHealthChecks(Health).ExcludeFromDescription();
        app.MapHealthChecks(Alive, new HealthCheckOptions { Predicate = check => check.Tags.Contains(LiveTag) }).ExcludeFromDescription();
    }
}
