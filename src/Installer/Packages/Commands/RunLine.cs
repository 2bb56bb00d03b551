using System.Text;
using Microsoft.Extensions.Options;
using Platform.Contracts;
using Platform.Installer.Build;
using Platform.Runner.Drivers.Ndc.Servers;

namespace Platform.Installer.Packages.Commands;

/// <summary>Runs a package's line for a shell as install commands are run, in the folder of the package's definition.</summary>
internal sealed class RunLine(Sandbox sandbox, IOptions<InstallOptions> options)
{
    // In the command's /tmp.
    private const string VariablesFile = "platform-variables", OutputFile = "platform-output";

    /// <exception cref="InstallFailedException">There is too little space to begin.</exception>
    public async Task<CommandOutcome> RunAsync(CommandRun run, string line, CancellationToken ct)
    {
        var (limits, limit) = (new CommandLimits(options.Value, [run.Context, run.Temporary]), options.Value.CommandTimeLimit);
        if (limits.FreeBytes() < options.Value.MinFreeBytes) throw Errors.TooLittleSpace(run.Kind, options.Value.MinFreeBytes);
        await WriteVariablesAsync(run, ct);
        var prepared = await sandbox.PrepareAsync(run.Context, run.Temporary, run.Id, Sandbox.Shell(Script(run, line, await TemporaryAsync(run))));
        var outcome = await prepared.RunAsync(run.Id, limit, (_, _) => { }, ct, limits);
        var words = run.Hide(outcome.OutputTail);
        var error = outcome switch
        {
            { Excess: { } excess } => CommandErrors.Of(Errors.CommandExceeded(run.Kind, line, excess, options.Value, words)),
            { TimedOut: true } => CommandErrors.Of(Errors.CommandTimedOut(run.Kind, line, limit, words)),
            { ExitCode: not 0 } => CommandErrors.Failed(run.Kind, line, outcome.ExitCode, words),
            _ => null,
        };
        return run.Writes || error is not null ? new([], words, error) : Read(run, line, words);
    }

    // The arguments of a process can be read by everybody on this machine; so the variables come in a file, which goes before the line begins.
    private static async Task WriteVariablesAsync(CommandRun run, CancellationToken ct)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in run.Variables) text.Append("export ").Append(name).Append('=').Append(Quoted(value)).Append('\n');
        var file = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
        await using var stream = new FileStream(Path.Combine(run.Temporary, VariablesFile), file);
        await stream.WriteAsync(Encoding.UTF8.GetBytes(text.ToString()), ct);
    }

    /// <summary>The command's folder for what is made on the way, as it sees it.</summary>
    private async Task<string> TemporaryAsync(CommandRun run) => (await sandbox.IsolationAsync()).Name == "direct" ? run.Temporary : "/tmp";

    // What it prints goes into a file: a schema may be one line of many megabytes.
    private static string Script(CommandRun run, string line, string temporary) =>
        $"""
        . {Quoted($"{temporary}/{VariablesFile}")}
        rm -f {Quoted($"{temporary}/{VariablesFile}")}
        export {PackageCommands.ContextVariable}="$PWD" {PackageDirectory.Variable}="$PWD"
        cd {ConnectorMetadata.Folder} || exit 125
        {(run.Writes ? "" : $"exec >{Quoted($"{temporary}/{OutputFile}")}")}
        {line}
        """;

    private static string Quoted(string text) => $"'{text.Replace("'", @"'\''", StringComparison.Ordinal)}'";

    private static CommandOutcome Read(CommandRun run, string line, string words)
    {
        // All of its processes are gone: what this is now, it stays. A link could lead to what is this service's alone.
        var file = Path.Combine(run.Temporary, OutputFile);
        return Posix.Look(file) switch
        {
            { Kind: Posix.Kind.File, Size: <= RunContainer.MaxOutputBytes } => new(File.ReadAllBytes(file), words, null),
            { Kind: Posix.Kind.File } => new([], words, CommandErrors.OutputTooLarge(run.Kind, line, RunContainer.MaxOutputBytes)),
            _ => new([], words, null),
        };
    }
}
