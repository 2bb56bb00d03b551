using System.Diagnostics;
using Grpc.Core;
using Platform.Contracts;
using Platform.Runner.Runs;
using Platform.ServiceDefaults;
using Quartz;
using RegistryClient = Platform.Registry.V1.Registry.RegistryClient;

namespace Platform.Runner.Schedules;

/// <summary>A fire: what POST /v1/runs does, for the schedule's connection. A schedule whose connection is gone goes too.</summary>
// A Registry that is away for a quarter of an hour; each time for the same instant.
[RetryPolicy(20, "00:00:01", 2, MaxDelay = "00:01:00")]
internal sealed partial class StartScheduledRun(
    ScheduleStore store, ScheduleTriggers triggers, RegistryClient registry, CommandPublisher commands, ILogger<StartScheduledRun> logger) : IJob
{
    private const int ResolveSeconds = 10;

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancel = default)
    {
        var (id, due, wasPutOff) = ScheduleTriggers.Read(context);
        try
        {
            await FireAsync(id, due, wasPutOff, cancel);
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            LogFailed(id, due, e.Message);
            // Quartz tries the same instant again.
            throw new JobExecutionException(e);
        }
    }

    private async Task FireAsync(Guid id, DateTimeOffset due, bool wasPutOff, CancellationToken cancel)
    {
        FaultPoints.Pass("schedule-fired");
        if (await store.FindAsync(id, cancel) is not { Enabled: true } schedule || schedule.LastDueAt >= due)
            return;
        if (schedule.JitterSeconds > 0 && !wasPutOff)
        {
            await triggers.PutOffAsync(id, due, TimeSpan.FromSeconds(schedule.JitterSeconds * Random.Shared.NextDouble()), cancel);
            return;
        }

        using var activity = PlatformActivity.Source.StartActivity("fire schedule")?.SetTag("platform.schedule", id);
        try
        {
            var connection = await ResolveAsync(registry, schedule, cancel);
            if (await store.FireAsync(id, due, connection, Activity.Current?.Id, $"schedule:{schedule.Name}", cancel) is not { } run)
                return;
            FaultPoints.Pass("schedule-queued");
            LogFired(schedule.Name, schedule.Connection, due, run.Id);
            await commands.TryPublishAsync(new RunQueued(run.Id), cancel);
        }
        catch (RpcException e) when (ProblemException.FromRpc(e)?.Problem.Code == "unknown_connection")
        {
            LogGone(schedule.Name, schedule.Connection);
            await store.RemoveAsync(id, cancel);
        }
    }

    /// <summary>The connection as it is now; another one of the same name is not it.</summary>
    public static async Task<Registry.V1.Connection> ResolveAsync(RegistryClient registry, Schedule schedule, CancellationToken cancel) =>
        await registry.ResolveConnectionAsync(
            new() { Id = schedule.ConnectionId.ToString() }, deadline: DateTime.UtcNow.AddSeconds(ResolveSeconds), cancellationToken: cancel);

    [LoggerMessage(1, LogLevel.Information, "Schedule {Name} of connection {Connection} fired for {Due:u}: run {Run}")]
    private partial void LogFired(string name, string connection, DateTimeOffset due, Guid run);

    [LoggerMessage(2, LogLevel.Warning, "Schedule {Schedule} could not start its run for {Due:u} yet: {Reason}")]
    private partial void LogFailed(Guid schedule, DateTimeOffset due, string reason);

    [LoggerMessage(3, LogLevel.Information, "Schedule {Name} is removed: there is no connection {Connection} any more")]
    private partial void LogGone(string name, string connection);
}
