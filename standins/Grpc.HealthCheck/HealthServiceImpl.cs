using Grpc.Core;
using Grpc.Health.V1;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace Grpc.HealthCheck;

// The statuses that the application sets, for those who ask or watch. One instance per server.
public class HealthServiceImpl : Health.V1.Health.HealthBase
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, ServingStatus> statuses = [];
    private TaskCompletionSource changed = NextChange();

    public void SetStatus(string service, ServingStatus status)
    {
        ArgumentNullException.ThrowIfNull(service);
        Change(() => statuses[service] = status);
    }

    // The service is unknown from now on.
    public void ClearStatus(string service)
    {
        ArgumentNullException.ThrowIfNull(service);
        Change(() => statuses.Remove(service));
    }

    public void ClearAll() => Change(statuses.Clear);

    public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
    {
        var status = Look(request.Service).Status;
        return status == ServingStatus.ServiceUnknown
            ? throw new RpcException(new Status(StatusCode.NotFound, ""))
            : Task.FromResult(new HealthCheckResponse { Status = status });
    }

    public override Task Watch(HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context) =>
        WatchAsync(request.Service, responseStream, first: null, context.CancellationToken);

    // Ends without an exception when the token fires. first: the status to begin with, where it is found in another way.
    internal async Task WatchAsync(string service, IServerStreamWriter<HealthCheckResponse> responses, Func<Task<ServingStatus>>? first, CancellationToken cancellationToken)
    {
        var (status, change) = Look(service);
        if (first is not null)
            status = await first();

        ServingStatus? sent = null;
        while (!cancellationToken.IsCancellationRequested)
        {
            // A watcher that reads slowly misses what came and went, never what is.
            if (status != sent)
                await responses.WriteAsync(new HealthCheckResponse { Status = status }, CancellationToken.None);

            sent = status;
            await change.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            (status, change) = Look(service);
        }
    }

    private static TaskCompletionSource NextChange() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private (ServingStatus Status, Task Change) Look(string service)
    {
        lock (gate)
            return (statuses.GetValueOrDefault(service, ServingStatus.ServiceUnknown), changed.Task);
    }

    private void Change(Action change)
    {
        TaskCompletionSource before;
        lock (gate)
        {
            change();
            before = changed;
            changed = NextChange();
        }

        before.SetResult();
    }
}
