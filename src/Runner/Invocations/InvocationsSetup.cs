namespace Platform.Runner.Invocations;

internal static class InvocationsSetup
{
    public static void AddInvocations(this IServiceCollection services)
    {
        services.AddOptions<InvocationSettings>().BindConfiguration(InvocationSettings.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<InvocationStore>().AddSingleton<InvocationTurns>().AddSingleton<InvocationExecution>();
        services.AddSingleton<SpecifyConnection>().AddSingleton<InvokeAction>().AddSingleton<WaitForInvocation>();
        services.AddSingleton<InvocationWorker>().AddHostedService(s => s.GetRequiredService<InvocationWorker>());
    }

    public static void MapInvocations(this IEndpointRouteBuilder routes)
    {
        var actions = routes.MapGroup("/v1/connections/{name}/actions").WithTags("Actions");
        ListActions.Map(actions);
        InvokeAction.Map(actions);
        var invocations = routes.MapGroup("/v1/invocations").WithTags("Actions");
        ListInvocations.Map(invocations);
        GetInvocation.Map(invocations);
        GetResult.Map(invocations);
        GetInvocationLog.Map(invocations);
        CancelInvocation.Map(invocations);
        InvocationNews.Map(invocations);
    }
}
