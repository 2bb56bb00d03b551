using System.CommandLine;
using System.Text.Json;
using Platform.Cli.Api;
using Platform.Cli.Installs;

namespace Platform.Cli.Lock;

/// <summary><c>lock show|apply</c>.</summary>
internal static class LockCommands
{
    public static Command Show()
    {
        var output = new Option<string?>("--output") { Description = "Write to this file; standard output by default." };
        return new Command("show", "Prints the lock file: the current version of every connector, pinned.") { output }.Does(async call =>
        {
            var json = await call.Api.GetAsync("/v1/lock", call.Cancel);
            var text = JsonSerializer.Serialize(json, ApiJson.Indented);
            // A lock file is JSON, with --json or without.
            if (call.Get(output) is not { } file) Console.Out.WriteLine(text);
            else
            {
                await File.WriteAllTextAsync(file, text + "\n", call.Cancel);
                call.Screen.Note($"Written to {Path.GetFullPath(file)}.");
            }

            return ExitCode.Ok;
        });
    }

    public static Command Apply()
    {
        var file = new Argument<string>("file") { Description = "A lock file, as lock show prints it; - reads standard input." };
        var strict = new Option<bool>("--strict") { Description = "A bundle with another digest than the lock file's fails its install, instead of a warning." };
        var noWait = new Option<bool>("--no-wait") { Description = "Return as soon as the installs are accepted." };
        return new Command("apply", "Installs what a lock file pins.") { file, strict, noWait }.Does(async call =>
        {
            var answer = await call.Api.PutTextAsync("/v1/lock" + (call.Get(strict) ? "?strict=true" : ""), await ReadAsync(call.Get(file), call.Cancel), call.Cancel);
            var applied = answer.To<AppliedLock>();
            if (call.Get(noWait)) call.Screen.Document(answer);
            foreach (var connector in applied.Connectors) call.Screen.Say($"{connector.Name}: {connector.Action}{(connector.Version is { } version ? $", version {version}" : "")}");
            foreach (var name in applied.NotInLock) call.Screen.Note($"{name} is not in the lock file and stays as it is.");
            return call.Get(noWait) ? ExitCode.Ok : await FollowAsync(call, applied);
        });
    }

    private static async Task<int> FollowAsync(Call call, AppliedLock applied)
    {
        var (code, ends) = (ExitCode.Ok, new List<JsonElement>());
        foreach (var install in applied.Connectors.Select(c => c.Install).OfType<Install>())
        {
            call.Screen.Say($"Installing {install.Connector} (install {install.Id})");
            ends.Add(await FollowInstall.WaitAsync(call, install));
        }

        call.Screen.Document(new { applied.Connectors, applied.NotInLock, Installs = ends });
        foreach (var end in ends)
            if (FollowInstall.Tell(call.Screen, end.To<Install>(), named: true) is var ended and not ExitCode.Ok) code = ended;
        return code;
    }

    private static async Task<string> ReadAsync(string file, CancellationToken cancel)
    {
        if (file == "-") return await StandardInput.ReadToEndAsync(cancel);
        return File.Exists(file) ? await File.ReadAllTextAsync(file, cancel)
            : throw new CliException(ExitCode.Usage, "no_such_file", $"There is no lock file at {Path.GetFullPath(file)}.");
    }
}
