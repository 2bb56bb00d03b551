using Docker.DotNet;
using Microsoft.Extensions.Options;
using Platform.Contracts;
using Platform.Installer.Build;
using Platform.Runner.Containers;
using Platform.Runner.Drivers.Ndc.Servers;
using Platform.Runner.Processes;
using Platform.ServiceDefaults;

namespace Platform.Installer.Packages.Commands;

/// <summary>Runs an image once, confined as a packaged connector is, to its end; of its container nothing stays.</summary>
internal sealed class RunContainer(ContainerEngine engine, IOptions<InstallOptions> options)
{
    /// <summary>Of standard output: a schema is some megabytes at most.</summary>
    public const int MaxOutputBytes = 64 << 20;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    /// <param name="image">Its id.</param>
    /// <param name="arguments">Of its entrypoint, or its command where it has none.</param>
    /// <param name="directory">Where the context is mounted.</param>
    /// <exception cref="ProblemException">The engine can't be reached.</exception>
    public async Task<CommandOutcome> RunAsync(CommandRun run, string image, IReadOnlyList<string> arguments, string directory, CancellationToken ct)
    {
        var shown = $"docker run {image} {string.Join(' ', arguments)}";
        var (limits, ownLimits) = (options.Value, new CommandLimits(options.Value, [run.Context]));
        if (ownLimits.FreeBytes() < limits.MinFreeBytes) throw Errors.TooLittleSpace(run.Kind, limits.MinFreeBytes);
        await engine.EnsureNetworkAsync(ct);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(limits.CommandTimeLimit);
        string? id = null;
        var output = new ContainerOutput(run.Writes ? 0 : MaxOutputBytes);
        try
        {
            id = (await engine.AskAsync(client => client.Containers.CreateContainerAsync(Start(run, image, arguments, directory).ToParameters(null), deadline.Token))).ID;
            // Before it starts, so that nothing is missed; what the engine keeps of it is less than a schema may be.
            using var stream = await engine.AskAsync(client => client.Containers.AttachContainerAsync(id, new() { Stream = true, Stdout = true, Stderr = true }, deadline.Token));
            var reading = output.ReadAsync(stream, deadline.Token);
            await engine.AskAsync(client => client.Containers.StartContainerAsync(id, new(), deadline.Token));
            var (exitCode, excess) = await WaitAsync(id, run, ownLimits, output, deadline.Token);
            if (excess is null && !output.IsTooLarge) await reading;
            var words = run.Hide(output.Words);
            InstallError? error = output.IsTooLarge ? CommandErrors.OutputTooLarge(run.Kind, shown, MaxOutputBytes)
                : excess is { } much ? CommandErrors.Of(Errors.CommandExceeded(run.Kind, shown, much, limits, words))
                : exitCode != 0 ? CommandErrors.Failed(run.Kind, shown, exitCode, words) : null;
            return new(error is null ? output.Printed : [], words, error);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            var words = run.Hide(output.Words);
            return new([], words, CommandErrors.Of(Errors.CommandTimedOut(run.Kind, shown, limits.CommandTimeLimit, words)));
        }
        catch (DockerApiException e)
        {
            return new([], "", CommandErrors.NotStarted(run.Kind, shown, ContainerEngine.WordsOf(e)));
        }
        finally
        {
            if (id is not null) await RemoveAsync(id);
        }
    }

    private ContainerStart Start(CommandRun run, string image, IReadOnlyList<string> arguments, string directory)
    {
        var folders = new Dictionary<string, string> { [directory] = run.Context };
        var none = new Dictionary<string, string>();
        // Whoever the image runs as has to get at the copy; and where this service is nobody special, it has to get at what was made of it.
        Tree.OpenToAll(run.Context, run.Writes, options.Value);
        var own = Posix.Look(run.Temporary)!.Value;
        return new(image, new((int)Math.Max(1, options.Value.CommandMemoryBytes >> 20), options.Value.CommandProcesses, options.Value.CommandTimeLimit))
        {
            Command = arguments,
            Environment = new Dictionary<string, string>(run.Variables) { [PackageCommands.ContextVariable] = directory, [PackageDirectory.Variable] = directory },
            ReadOnlyFolders = run.Writes ? none : folders,
            WritableFolders = run.Writes ? folders : none,
            HasReadOnlyRoot = true,
            User = run.Writes && !Environment.IsPrivilegedProcess ? $"{own.User}:{own.Group}" : null,
            Labels = new Dictionary<string, string> { ["platform.command"] = run.Kind },
        };
    }

    /// <summary>Waits for its end, and ends it when it takes too much.</summary>
    private async Task<(int ExitCode, Excess? Excess)> WaitAsync(string id, CommandRun run, CommandLimits limits, ContainerOutput output, CancellationToken ct)
    {
        var exited = engine.AskAsync(client => client.Containers.WaitContainerAsync(id, ct));
        while (await Task.WhenAny(exited, output.TooLarge, Task.Delay(Look, ct)) is var first && first != exited)
        {
            ct.ThrowIfCancellationRequested();
            if (first == output.TooLarge) return (0, null);
            if (limits.Look(run.Id, null) is { } excess) return (0, excess);
        }
        var exitCode = (int)(await exited).StatusCode;
        var ended = await engine.AskAsync(client => client.Containers.InspectContainerAsync(id, ct));
        return (exitCode, ended.State?.OOMKilled == true && exitCode != 0 ? Excess.Memory : null);
    }

    // Should this fail, or this service end before: a Runner removes the containers of services that are no more.
    private async Task RemoveAsync(string id)
    {
        try
        {
            await engine.AskAsync(client => client.Containers.RemoveContainerAsync(id, new() { Force = true, RemoveVolumes = true }, CancellationToken.None));
        }
        catch (Exception e) when (e is DockerApiException or ProblemException)
        {
        }
    }
}
