using Platform.Runner.Logs;

namespace Platform.Runner.Runs;

internal static class RunsSetup
{
    // Beyond the drain: the connectors' grace, and the decisions at Ingest.
    private static readonly TimeSpan EndTime = TimeSpan.FromSeconds(15);

    public static void AddRuns(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<RunnerSettings>().BindConfiguration(RunnerSettings.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<RunStore>().AddSingleton<RunQueue>().AddSingleton<RunRequests>().AddSingleton<RunClosing>().AddSingleton<RunExecution>();
        services.AddSingleton<RunChanges>().AddHostedService(s => s.GetRequiredService<RunChanges>());
        services.AddSingleton<RunWorker>().AddHostedService(s => s.GetRequiredService<RunWorker>());
        services.AddOptions<HostOptions>().Configure<Microsoft.Extensions.Options.IOptions<RunnerSettings>>((host, runner) =>
            host.ShutdownTimeout = TimeSpan.FromSeconds(runner.Value.DrainSeconds) + EndTime);
    }

    public static void MapRuns(this IEndpointRouteBuilder routes)
    {
        var runs = routes.MapGroup("/v1/runs").WithTags("Runs");
        StartRun.Map(runs);
        RunLimits.Map(runs);
        ListRuns.Map(runs);
        GetRun.Map(runs);
        CancelRun.Map(runs);
        SweepRun.Map(runs);
        RunProgress.Map(runs);
        GetRunLog.Map(runs);
    }
}
