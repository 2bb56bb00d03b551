using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;

namespace Platform.ServiceDefaults;

/// <summary>
/// <c>/health</c>, in gRPC <c>grpc.health.v1.Health/Check</c>: can do its work (200 or 503). <c>/alive</c>: the process answers.
/// All without secret and token, in every environment. Watch needs the secret: strangers hold no streams open.
/// </summary>
internal static class Probes
{
    public const string Health = "/health";
    public const string Alive = "/alive";
    public const string GrpcHealth = "/grpc.health.v1.Health/Check";
    public const string LiveTag = "live";

    public static bool IsProbe(PathString path) => path.Equals(Health) || path.Equals(Alive) || path.Equals(GrpcHealth, StringComparison.Ordinal);

    public static void Map(WebApplication app)
    {
        app.MapHealthChecks(Health).ExcludeFromDescription();
        app.MapHealthChecks(Alive, new HealthCheckOptions { Predicate = check => check.Tags.Contains(LiveTag) }).ExcludeFromDescription();
    }
}
