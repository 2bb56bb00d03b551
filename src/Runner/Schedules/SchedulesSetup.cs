using System.Data.Common;
using Npgsql;
using Quartz;

namespace Platform.Runner.Schedules;

internal static class SchedulesSetup
{
    // A fire is a few statements: what they wait for is the database.
    private const int Fires = 2;
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan CatchUp = TimeSpan.FromSeconds(2);

    public static void AddSchedules(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<ScheduleSettings>().BindConfiguration(ScheduleSettings.Section).ValidateDataAnnotations().ValidateOnStart();
        var settings = builder.Configuration.GetSection(ScheduleSettings.Section).Get<ScheduleSettings>() ?? new();
        services.AddSingleton<DbDataSource>(s => s.GetRequiredService<NpgsqlDataSource>());
        services.AddQuartz(quartz =>
        {
            quartz.ConfigureScheduler(o =>
            {
                o.InstanceName = "schedules";
                // How soon another replica's new schedule is seen when that replica has died.
                o.IdleWaitTime = Look;
                o.PropagateTraceContext = false;
            });
            quartz.UseDefaultThreadPool(Fires);
            quartz.UsePersistentStore(store =>
            {
                store.UsePostgres(o => o.UseRegisteredDataSource = true);
                store.ProvisionSchema();
                store.UseClustering(o =>
                {
                    o.CheckinInterval = TimeSpan.FromSeconds(settings.CheckInSeconds);
                    o.CheckinMisfireThreshold = 2 * o.CheckinInterval;
                });
                store.ConfigureStore(o =>
                {
                    o.AcceptEnlistedTransactions = true;
                    o.MisfireHandlerFrequency = CatchUp;
                    o.DbRetryInterval = CatchUp;
                    // A fire that fails goes on failing for as long as what it needs is away; it is never given up.
                    o.MaxConsecutiveFireFailures = 0;
                    o.StoreJobDataAsStrings = true;
                });
            });
        });
        // Its job tells what failed, in a line; Quartz would add two stacks each time.
        builder.Logging.AddFilter("Quartz", LogLevel.Warning).AddFilter("Quartz.Core.JobRunShell", LogLevel.None).AddFilter("Quartz.Core.ErrorLogger", LogLevel.None);
        services.AddSingleton<ScheduleTriggers>().AddSingleton<ScheduleStore>().AddTransient<StartScheduledRun>().AddHostedService<RunSchedules>();
    }

    public static void MapSchedules(this IEndpointRouteBuilder routes)
    {
        var schedules = routes.MapGroup("/v1/schedules").WithTags("Schedules");
        CreateSchedule.Map(schedules);
        ListSchedules.Map(schedules);
        GetSchedule.Map(schedules);
        UpdateSchedule.Map(schedules);
        DeleteSchedule.Map(schedules);
        TriggerSchedule.Map(schedules);
    }
}
