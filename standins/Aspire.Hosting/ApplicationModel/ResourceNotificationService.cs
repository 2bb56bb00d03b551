using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.ApplicationModel;

public class ResourceNotificationService
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, ResourceEvent> current = new(StringComparer.OrdinalIgnoreCase);
    private TaskCompletionSource changed = NewSignal();

    internal ResourceNotificationService()
    {
    }

    public async Task WaitForResourceAsync(string resourceName, string? targetState = null, CancellationToken cancellationToken = default)
    {
        var wanted = targetState ?? KnownResourceStates.Running;
        await WaitForResourceAsync(resourceName, e => string.Equals(e.Snapshot.State?.Text, wanted, StringComparison.OrdinalIgnoreCase), cancellationToken);
    }

    public async Task<ResourceEvent> WaitForResourceAsync(string resourceName, Func<ResourceEvent, bool> predicate, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            Task signal;
            ResourceEvent? last;
            lock (gate)
            {
                signal = changed.Task;
                current.TryGetValue(resourceName, out last);
            }
            if (last is not null && predicate(last))
                return last;
            try
            {
                await signal.WaitAsync(cancellationToken);
            }
            catch (OperationCanceledException exception) when (cancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException(
                    $"Stopped waiting for '{resourceName}', which is {last?.Snapshot.State?.Text ?? "unknown"} ({last?.Snapshot.HealthStatus?.ToString() ?? "no health yet"}).",
                    exception, cancellationToken);
            }
        }
    }

    /// <summary>Running and healthy. There is no dashboard from which it could be started again, so a resource that ended throws.</summary>
    public async Task<ResourceEvent> WaitForResourceHealthyAsync(string resourceName, CancellationToken cancellationToken = default)
    {
        var reached = await WaitForResourceAsync(resourceName, e => IsReady(e) || KnownResourceStates.IsEnded(e.Snapshot.State?.Text), cancellationToken);
        return IsReady(reached)
            ? reached
            : throw new DistributedApplicationException($"Stopped waiting for '{resourceName}' to become healthy: {reached.Snapshot.Failure ?? reached.Snapshot.State?.Text}");
    }

    public bool TryGetCurrentState(string resourceId, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ResourceEvent? resourceEvent)
    {
        lock (gate)
            return current.TryGetValue(resourceId, out resourceEvent);
    }

    public Task PublishUpdateAsync(IResource resource, Func<CustomResourceSnapshot, CustomResourceSnapshot> stateFactory)
    {
        lock (gate)
        {
            var before = current.TryGetValue(resource.Name, out var last) ? last.Snapshot : new CustomResourceSnapshot { ResourceType = resource.GetType().Name };
            current[resource.Name] = new(resource, resource.Name, stateFactory(before));
            changed.SetResult();
            changed = NewSignal();
        }
        return Task.CompletedTask;
    }

    private static bool IsReady(ResourceEvent e) =>
        e.Snapshot.State?.Text == KnownResourceStates.Running && e.Snapshot.HealthStatus == HealthStatus.Healthy;

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
