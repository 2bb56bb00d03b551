using System.CommandLine;

namespace Platform.Cli.Local;

/// <summary><c>down</c>: ends the platform of a data folder, wherever it was started, and waits for it.</summary>
internal static class Down
{
    private static readonly TimeSpan EndWithin = TimeSpan.FromSeconds(90);

    public static Command Command()
    {
        var folder = StartArguments.DataOption();
        return new Command("down", "Stops the platform that runs on this machine.") { folder }.Does(async call =>
        {
            var data = StartArguments.DataFolder(call, folder);
            if (PlatformState.Load(data) is not { } state || !(state.Owner.IsAlive || state.AppHost.IsAlive))
            {
                Forget(data);
                call.Screen.Document(new { stopped = false });
                call.Screen.Say($"No platform runs on {data}. One that was started with --data is ended by: ./platform down --data FOLDER");
                return ExitCode.Ok;
            }

            // Whoever started it stops it in order; a starter that was killed has left the AppHost to end by itself.
            call.Screen.Say($"Stopping the platform (process {state.Owner.Pid})…");
            state.Owner.Terminate();
            if (!state.Owner.IsAlive) state.AppHost.Terminate();
            if (!await state.Owner.WaitForEndAsync(EndWithin) || !await state.AppHost.WaitForEndAsync(EndWithin))
                throw new CliException(ExitCode.Failed, "still_running", $"Process {state.AppHost.Pid} did not end within {EndWithin.TotalSeconds:0} s.", "Look into apphost.log in the data folder.");
            Forget(data);
            call.Screen.Document(new { stopped = true, state.Url });
            call.Screen.Say("Stopped.");
            return ExitCode.Ok;
        });
    }

    /// <summary>What a starter that was killed could not remove.</summary>
    private static void Forget(string data)
    {
        if (!Directory.Exists(data)) return;
        File.Delete(PlatformState.FileIn(data));
        if (File.Exists(LocalPlatform.ConnectionsFileIn(data))) File.Delete(LocalPlatform.ConnectionsFileIn(data));
    }
}
