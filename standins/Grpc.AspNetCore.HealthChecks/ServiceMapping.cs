namespace Grpc.AspNetCore.HealthChecks;

public sealed class ServiceMapping(string name, Func<HealthCheckMapContext, bool> predicate)
{
    // As callers of the health service ask for it.
    public string Name { get; } = name;

    public Func<HealthCheckMapContext, bool>? HealthCheckPredicate { get; } = predicate;
}

// One registered health check.
public sealed class HealthCheckMapContext(string name, IEnumerable<string> tags)
{
    public string Name { get; } = name;

    public IEnumerable<string> Tags { get; } = tags;
}
