using MassTransit;
using Platform.Contracts;

namespace Platform.Runner.Runs;

/// <summary>The wake-up: acknowledged as soon as the run is leased, or when it can't be now and the sweep will find it.</summary>
internal sealed class RunQueuedConsumer(RunWorker worker) : IConsumer<RunQueued>
{
    public Task Consume(ConsumeContext<RunQueued> context) => worker.TryTakeAsync(context.Message.RunId, context.CancellationToken);
}
