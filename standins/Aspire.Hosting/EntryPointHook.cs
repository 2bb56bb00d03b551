using System.Reflection;

namespace Aspire.Hosting;

/// <summary>Lets a test run an AppHost's Main in its own process and take over at Build: see DistributedApplicationTestingBuilder.CreateAsync.</summary>
internal sealed class EntryPointHook(Assembly assembly, string[] args)
{
    private static readonly AsyncLocal<EntryPointHook?> current = new();
    private readonly TaskCompletionSource<DistributedApplicationBuilder> builder = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<DistributedApplication> application = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource mayBuild = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal static EntryPointHook? Current => current.Value;

    internal Assembly Assembly => assembly;

    internal string[] Args => args;

    internal Task<DistributedApplicationBuilder> Builder => builder.Task;

    internal Task Ended => ended.Task;

    /// <summary>Starts Main on a thread of its own; it stands still in Build until <see cref="BuildAsync"/>.</summary>
    internal void Invoke()
    {
        var main = assembly.EntryPoint ?? throw new InvalidOperationException($"The assembly {assembly.GetName().Name} has no entry point.");
        var thread = new Thread(() =>
        {
            current.Value = this;
            try
            {
                object?[] parameters = main.GetParameters().Length == 0 ? [] : [args];
                if (main.Invoke(null, BindingFlags.DoNotWrapExceptions, null, parameters, null) is Task task)
                    task.GetAwaiter().GetResult();
                Fail(new InvalidOperationException($"The entry point of {assembly.GetName().Name} ended without building a DistributedApplication."));
            }
            catch (Exception exception)
            {
                Fail(exception);
            }
        })
        { IsBackground = true, Name = "AppHost entry point" };
        thread.Start();
    }

    internal Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken)
    {
        mayBuild.TrySetResult();
        return application.Task.WaitAsync(cancellationToken);
    }

    internal void BuilderIsReady(DistributedApplicationBuilder value)
    {
        builder.TrySetResult(value);
        mayBuild.Task.GetAwaiter().GetResult();
    }

    internal void ApplicationIsBuilt(DistributedApplication value) => application.TrySetResult(value);

    internal void End()
    {
        ended.TrySetResult();
        mayBuild.TrySetException(new OperationCanceledException("The testing builder was disposed of before it was built."));
    }

    private void Fail(Exception exception)
    {
        builder.TrySetException(exception);
        application.TrySetException(exception);
    }
}
