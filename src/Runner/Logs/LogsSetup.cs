namespace Platform.Runner.Logs;

internal static class LogsSetup
{
    /// <summary>Before what writes logs: services stop in the opposite order, and the last lines come late.</summary>
    public static void AddLogs(this IServiceCollection services)
    {
        services.AddOptions<LogSettings>().BindConfiguration(RunnerSettings.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<LogStore>().AddSingleton<LogAnswer>().AddHostedService<PurgeLogs>();
        services.AddSingleton<LogWriter>().AddHostedService(s => s.GetRequiredService<LogWriter>());
    }
}
