using System.Data.Common;
using System.Globalization;
using Npgsql;
using Quartz;

namespace Platform.Runner.Schedules;

/// <summary>
/// Quartz's side of the schedules: a trigger for each that is enabled, and one more for a start that its jitter puts off. All of them fire one job.
/// </summary>
internal sealed class ScheduleTriggers(ISchedulerFactory schedulers, NpgsqlDataSource database)
{
    /// <summary>Any number that nobody else uses in this database.</summary>
    private const long LockKey = 0x5363_6865_6475_6C65;

    private const string OnTime = "schedules";
    private const string PutOff = "schedules-put-off";
    private const string Due = "due";

    private static readonly JobKey Job = new("start-scheduled-run");
    private static readonly TimeSpan MisfireThreshold = TimeSpan.FromSeconds(5);

    /// <summary>Schedules whose triggers are not those of the row's revision: missing, outdated, given up by Quartz, or of no row that is enabled.</summary>
    public const string DifferencesSql =
        $"""
        select coalesce(s.id, t.trigger_name::uuid) from schedules s
        full join (select * from qrtz_triggers where trigger_group = '{OnTime}') t on t.trigger_name = s.id::text
        where s.id is null or s.enabled <> (t.trigger_name is not null)
            or (s.enabled and (t.description is distinct from s.revision::text or t.trigger_state = 'ERROR'))
        """;

    private readonly SemaphoreSlim starting = new(1);
    private volatile IScheduler? running;

    public bool IsRunning => running is not null;

    /// <summary>Quartz, started when it is first needed: a Runner without schedules does without its tables, its threads and its memory.</summary>
    public async ValueTask<IScheduler> SchedulerAsync(CancellationToken cancel)
    {
        if (running is { } already)
            return already;
        await starting.WaitAsync(cancel);
        try
        {
            return running ??= await StartAsync(cancel);
        }
        finally
        {
            starting.Release();
        }
    }

    /// <summary>Fires that are under way are waited for.</summary>
    public async Task StopAsync(CancellationToken cancel)
    {
        if (running is { } scheduler)
            await scheduler.Shutdown(waitForJobsToComplete: true, cancel);
    }

    /// <summary>Makes what Quartz writes part of a transaction, until the answer is disposed.</summary>
    public static IDisposable Join(IScheduler scheduler, DbTransaction transaction) => scheduler.EnlistTransaction(transaction);

    /// <summary>The trigger of a schedule that is enabled, in the place of any that is there.</summary>
    public async Task PutAsync(Schedule schedule, CancellationToken cancel)
    {
        var scheduler = await SchedulerAsync(cancel);
        await scheduler.ScheduleTrigger(Of(schedule, DateTimeOffset.UtcNow), TriggerConflict.Replace, cancel);
    }

    /// <summary>Starts that are put off go too.</summary>
    public async Task RemoveAsync(Guid schedule, CancellationToken cancel)
    {
        var scheduler = await SchedulerAsync(cancel);
        await scheduler.UnscheduleJob(new TriggerKey(schedule.ToString(), OnTime), cancel);
        await scheduler.UnscheduleJob(new TriggerKey(schedule.ToString(), PutOff), cancel);
    }

    /// <summary>Fires once more after a while, for the same instant. A start that waits already stays the only one.</summary>
    public async Task PutOffAsync(Guid schedule, DateTimeOffset due, TimeSpan delay, CancellationToken cancel)
    {
        var scheduler = await SchedulerAsync(cancel);
        var trigger = TriggerBuilder.Create().WithIdentity(schedule.ToString(), PutOff).ForJob(Job)
            .UsingJobData(Due, due.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture))
            .StartAt(DateTimeOffset.UtcNow + delay).WithSimpleSchedule(s => s.WithMisfireInstruction(SimpleTriggerMisfireInstruction.FireNow)).Build();
        await scheduler.ScheduleTrigger(trigger, TriggerConflict.Keep, cancel);
    }

    /// <summary>When they fire next; what is not enabled is not among them.</summary>
    public async Task<IReadOnlyDictionary<Guid, DateTimeOffset?>> NextAsync(IEnumerable<Schedule> schedules, CancellationToken cancel)
    {
        var keys = schedules.Where(s => s.Enabled).Select(s => new TriggerKey(s.Id.ToString(), OnTime)).ToList();
        if (keys.Count == 0)
            return new Dictionary<Guid, DateTimeOffset?>();
        var scheduler = await SchedulerAsync(cancel);
        var triggers = await scheduler.GetTriggers(keys, cancel);
        return triggers.ToDictionary(t => Guid.Parse(t.Key.Name), t => t.NextFireTimeUtc);
    }

    /// <summary>What a fire is for: the schedule, the instant that it was meant for in whole seconds, and whether jitter has put it off already.</summary>
    public static (Guid Schedule, DateTimeOffset Due, bool WasPutOff) Read(IJobExecutionContext fire)
    {
        // A fire that is taken up from a dead Runner has a trigger of its own, which knows the first one.
        var key = fire.Recovering ? fire.RecoveringTriggerKey! : fire.Trigger.Key;
        var data = fire.MergedJobDataMap;
        var due = data.TryGetString(Due, out var kept) && kept is not null ? DateTimeOffset.FromUnixTimeSeconds(long.Parse(kept, CultureInfo.InvariantCulture))
            : fire.Recovering && data.TryGetString(SchedulerConstants.FailedJobOriginalTriggerScheduledFireTime, out var first) && first is not null
                ? DateTimeOffset.Parse(first, CultureInfo.InvariantCulture)
            : fire.ScheduledFireTimeUtc ?? fire.FireTimeUtc;
        return (Guid.Parse(key.Name), DateTimeOffset.FromUnixTimeSeconds(due.ToUnixTimeSeconds()), key.Group == PutOff);
    }

    /// <summary>Pure: when a schedule fires from a moment on.</summary>
    public static ITrigger Of(Schedule schedule, DateTimeOffset now)
    {
        var trigger = TriggerBuilder.Create().WithIdentity(schedule.Id.ToString(), OnTime).ForJob(Job)
            .WithDescription(schedule.Revision.ToString(CultureInfo.InvariantCulture));
        if (schedule.Cron is { } cron)
            return trigger.StartAt(now).WithMisfireThreshold(MisfireThreshold).WithSchedule(
                CronScheduleBuilder.Create(cron, CronFormat.Unix)
                    .InTimeZone(ScheduleWish.Zone(schedule.TimeZone) ?? throw new InvalidOperationException($"This machine has no time zone {schedule.TimeZone}."))
                    .WithMisfireInstruction(CronTriggerMisfireInstruction.FireAndProceed)).Build();

        var interval = TimeSpan.FromSeconds(schedule.IntervalSeconds!.Value);
        var passed = Math.Max(0, Math.Floor((now - schedule.AnchorAt) / interval));
        // At most one instant is late without being a misfire, and so at most one is caught up.
        var threshold = interval / 2 < MisfireThreshold ? interval / 2 : MisfireThreshold;
        return trigger.StartAt(schedule.AnchorAt + interval * (passed + 1)).WithMisfireThreshold(threshold).WithSchedule(
            SimpleScheduleBuilder.Create().WithInterval(interval).RepeatForever().WithMisfireInstruction(SimpleTriggerMisfireInstruction.NowWithRemainingCount)).Build();
    }

    private async Task<IScheduler> StartAsync(CancellationToken cancel)
    {
        // Quartz makes its tables when it is asked for, one replica after the other.
        await using var session = await database.OpenConnectionAsync(cancel);
        await using var hold = new NpgsqlCommand($"select pg_advisory_lock({LockKey})", session);
        await hold.ExecuteNonQueryAsync(cancel);
        try
        {
            var scheduler = await schedulers.GetScheduler(cancel);
            // It stays when it has no trigger, and a fire that dies with its Runner is taken up by another.
            await scheduler.AddJob(
                JobBuilder.Create<StartScheduledRun>().WithIdentity(Job).StoreDurably().RequestRecovery().Build(), new AddJobOptions { Replace = true }, cancel);
            await scheduler.Start(cancel);
            return scheduler;
        }
        finally
        {
            await using var release = new NpgsqlCommand($"select pg_advisory_unlock({LockKey})", session);
            await release.ExecuteNonQueryAsync(CancellationToken.None);
        }
    }
}
