using System.CommandLine;

namespace Platform.Cli.Local;

/// <summary><c>up</c>: the whole system in the foreground until Ctrl-C.</summary>
internal static class Up
{
    public static Command Command()
    {
        var arguments = new StartArguments();
        return arguments.AddTo(new Command("up", "Starts the platform on this machine and keeps it running until Ctrl-C.")).Does(async call =>
        {
            var options = arguments.Read(call);
            await using (var platform = await LocalPlatform.StartAsync(options, call.Screen, call.Cancel))
            {
                Tell(call.Screen, platform.Settings, options.Data);
                await StayAsync(platform, call);
            }

            call.Screen.Say("Stopped.");
            return ExitCode.Ok;
        });
    }

    public static void Tell(Screen screen, Settings settings, string data)
    {
        screen.Document(new { settings.Url, settings.Token, Data = data, Config = Settings.Path });
        screen.Say($"""

            The platform runs.
              gateway  {settings.Url}   (routes: {settings.Url}/openapi.json)
              token    {settings.Token}   (kept in {Settings.Path})
              data     {data}
            """);
        if (Settings.Load().Url is var used && !Settings.IsSame(used, settings.Url))
            screen.Warn("other_platform", $"Commands go to {used}, not to this platform.", "platform logout, and unset PLATFORM_URL.");
    }

    /// <summary>What it means that a service has ended.</summary>
    public static string Meaning(string news, string url) =>
        $"{news}. {(news.StartsWith("'gateway'", StringComparison.Ordinal) ? $"Nothing answers at {url}" : "Its routes answer service_unavailable")} until the platform is started again; what was committed is kept.";

    /// <summary>Until Ctrl-C, <c>down</c>, or an end that nobody asked for.</summary>
    public static async Task StayAsync(LocalPlatform platform, Call call)
    {
        call.Screen.Say("Ctrl-C stops it.");
        var interrupted = Task.Delay(Timeout.InfiniteTimeSpan, call.Cancel);
        if (await Task.WhenAny(interrupted, platform.Exited, platform.Lost) == platform.Lost)
            call.Screen.Warn("service_ended", Meaning(await platform.Lost, platform.Settings.Url),
                $"See why in {platform.LogFile}, then stop and start the platform.");
        if (await Task.WhenAny(interrupted, platform.Exited) != interrupted) throw platform.Ended(await platform.Exited);
        call.Screen.Say("Stopping…");
    }
}
