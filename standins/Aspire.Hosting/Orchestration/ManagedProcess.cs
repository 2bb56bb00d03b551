using System.Diagnostics;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Orchestration;

/// <summary>What a launcher needs of the run it belongs to.</summary>
internal sealed record LaunchContext(RunFolder Run, ResourceLogs Logs, Microsoft.Extensions.Configuration.IConfiguration Configuration);

/// <summary>How a resource is brought up. A resource without one is only a value.</summary>
internal abstract class ResourceLauncher : IResourceAnnotation
{
    /// <summary>Who must be healthy before, besides those named by WaitFor.</summary>
    internal virtual IEnumerable<IResource> Dependencies => [];

    /// <summary>How many processes it takes; <see cref="StartAsync"/> is called for each.</summary>
    internal virtual int Replicas => 1;

    /// <summary>Returns null when there is nothing to run (a database on a server).</summary>
    internal abstract Task<ManagedProcess?> StartAsync(LaunchContext context, CancellationToken cancellationToken);

    /// <summary>Throws while the resource can't be used yet.</summary>
    internal virtual Task CheckAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>All its processes have ended.</summary>
    internal virtual void Stopped()
    {
    }
}

/// <summary>A child in a session of its own, that gets its stop signal also when this process dies; its output goes to the logs.</summary>
internal sealed class ManagedProcess
{
    private readonly Process process;
    private readonly RunFolder run;
    private readonly TaskCompletionSource<int> exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Signal stop;

    private ManagedProcess(Process process, RunFolder run, Signal stop) => (this.process, this.run, this.stop) = (process, run, stop);

    internal int Id => process.Id;

    /// <summary>The exit code. Complete when the process itself is gone, even if something it left behind still holds its output.</summary>
    internal Task<int> Exited => exited.Task;

    /// <summary>Ended together with this one, after it (RabbitMQ's epmd).</summary>
    internal ManagedProcess? Companion { get; init; }

    /// <summary>Let go of when the process is gone (the lock of its volume).</summary>
    internal IDisposable? Owned { get; init; }

    /// <summary>How long the process may take to stop before all of it is killed.</summary>
    internal TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(10);

    internal static ManagedProcess Start(
        LaunchContext context, string resource, string fileName, IEnumerable<string> arguments, string workingDirectory, Signal stop,
        Action<IDictionary<string, string?>>? environment = null, string? user = null, TimeSpan? stopTimeout = null, ManagedProcess? companion = null, IDisposable? owned = null)
    {
        var start = new ProcessStartInfo("setsid") { WorkingDirectory = workingDirectory, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["setpriv", "--pdeathsig", stop switch { Signal.Interrupt => "INT", Signal.Quit => "QUIT", Signal.Kill => "KILL", _ => "TERM" }])
            start.ArgumentList.Add(argument);
        if (user is not null)
        {
            foreach (var argument in (string[])[$"--reuid={user}", $"--regid={user}", "--init-groups"])
                start.ArgumentList.Add(argument);
        }
        foreach (var argument in (string[])["--", fileName, .. arguments])
            start.ArgumentList.Add(argument);
        EnvironmentContract.RemoveNotInherited(start.Environment);
        environment?.Invoke(start.Environment);
        start.Environment["TMPDIR"] = context.Run.Path;

        var process = Spawner.Start(start);
        process.StandardInput.Close();
        context.Run.Register(process.Id, stop);
        var managed = new ManagedProcess(process, context.Run, stop) { Companion = companion, Owned = owned, StopTimeout = stopTimeout ?? TimeSpan.FromSeconds(10) };
        var output = new CountdownEvent(2);
        process.OutputDataReceived += (_, line) => Relay(line.Data, error: false);
        process.ErrorDataReceived += (_, line) => Relay(line.Data, error: true);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        process.Exited += (_, _) => managed.OnExit(output);
        process.EnableRaisingEvents = true;
        return managed;

        void Relay(string? line, bool error)
        {
            if (line is null)
                output.Signal();
            else
                context.Logs.Write(resource, line, error);
        }
    }

    internal async Task StopAsync()
    {
        if (!exited.Task.IsCompleted)
        {
            Native.Send(process.Id, stop);
            await Task.WhenAny(exited.Task, Task.Delay(StopTimeout));
        }
        if (!exited.Task.IsCompleted)
        {
            process.Kill(entireProcessTree: true);
            Native.Send(-process.Id, Signal.Kill);
            await exited.Task;
        }
        if (Companion is not null)
            await Companion.StopAsync();
    }

    private void OnExit(CountdownEvent output)
    {
        run.Forget(process.Id);
        Owned?.Dispose();
        // Its last words first, then the news of its end; descendants may keep the output open for ever.
        output.Wait(TimeSpan.FromSeconds(1));
        exited.TrySetResult(process.ExitCode);
    }
}
