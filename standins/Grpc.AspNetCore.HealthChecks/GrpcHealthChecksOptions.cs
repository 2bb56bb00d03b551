namespace Grpc.AspNetCore.HealthChecks;

public sealed class GrpcHealthChecksOptions
{
    // Which health checks make up which service; the empty name has all of them.
    public ServiceMappingCollection Services { get; } = [];

    // Answer with what the health checks published last; false: run them for every Check.
    public bool UseHealthChecksCache { get; set; }

    // Leave Watch calls open when the server stops, until it cuts them off; false: they end with OK.
    public bool SuppressCompletionOnShutdown { get; set; }
}
