using Docker.DotNet.Models;
using Platform.Installer.Images;
using Platform.Installer.Installs;
using Platform.Runner.Drivers.Ndc.Servers;

namespace Platform.Installer.Packages.Commands;

/// <summary>Runs a command of a package's metadata, whichever of the two kinds it is; or an image in the place of one.</summary>
internal sealed class RunCommand(EngineImages images, RunLine line, RunContainer container)
{
    private const string Why = "the command runs in a container", Serve = "serve";

    /// <exception cref="InstallFailedException">Its image is not to be had, or there is no engine.</exception>
    public async Task<CommandOutcome> RunAsync(CommandRun run, MetadataCommand command, InstallLog log, CancellationToken ct)
    {
        if (command.Image is not { } reference) return await line.RunAsync(run, command.Line!, ct);
        var image = await FindAsync(reference, $"the command {run.Kind} in {ConnectorMetadata.FileName}", log, ct);
        // The context is where the hub's own command line mounts it, whatever the image presets.
        return await container.RunAsync(run, image.ID, command.Arguments ?? [], PackageDirectory.Default, ct);
    }

    /// <summary>Has an image of a connector print its schema and capabilities, in the place of serving them.</summary>
    /// <param name="where">Its name was found; for messages.</param>
    /// <inheritdoc cref="RunAsync"/>
    public async Task<CommandOutcome> PrintAsync(CommandRun run, string reference, string where, InstallLog log, CancellationToken ct)
    {
        var image = await FindAsync(reference, where, log, ct);
        return await container.RunAsync(run, image.ID, Arguments(reference, image), PackageDirectory.Of(image.Config?.Env ?? []), ct);
    }

    private async Task<ImageInspectResponse> FindAsync(string reference, string where, InstallLog log, CancellationToken ct)
    {
        await images.CheckEngineAsync(Why, ct);
        var (image, why) = await images.FindOrPullAsync(reference, log, ct);
        return image ?? throw ImageErrors.ImageUnavailable(reference, why!, where);
    }

    // With an entrypoint its command is all arguments. Without, the command has a program too, and perhaps others that start it: only the word goes.
    private static IReadOnlyList<string> Arguments(string reference, ImageInspectResponse image)
    {
        if (image.Config?.Entrypoint is { Count: > 0 }) return [PackageCommands.Print];
        var command = image.Config?.Cmd ?? [];
        if (command.Contains(Serve)) return [.. command.Select(word => word == Serve ? PackageCommands.Print : word)];
        return command.Count == 1 ? [command[0], PackageCommands.Print] : throw CommandErrors.NoServe(reference, command);
    }
}
