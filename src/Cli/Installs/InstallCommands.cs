using System.CommandLine;
using System.Text.Json;
using Platform.Cli.Api;
using Platform.Cli.Objects;

namespace Platform.Cli.Installs;

/// <summary><c>installs list|show|log|cancel</c>.</summary>
internal static class InstallCommands
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    public static Command List()
    {
        var connector = new Option<string?>("--connector") { Description = "Only installs of this connector." };
        var limit = new Option<int?>("--limit") { Description = "At most this many, 1 to 1000; the API's default is 100." };
        return new Command("list", "Lists installs, the latest first.") { connector, limit }.Does(async call =>
        {
            var json = await call.Api.GetAsync(
                ListObjects.Query("/v1/installs", ("connector", call.Get(connector)), ("limit", call.Get(limit)?.ToString())), call.Cancel);
            call.Screen.Document(json);
            call.Screen.Table(
                ["id", "connector", "kind", "state", "stage", "version", "error", "created"],
                json.To<Page>().Items.Select(item => item.To<Install>()).Select(i => new[]
                {
                    i.Id.ToString(), i.Connector, i.Kind, i.State, i.Stage, i.Version?.ToString(), i.Error?.Code, i.CreatedAt?.ToString("u"),
                }),
                "No installs yet: platform connectors install <manifest.json>");
            return ExitCode.Ok;
        });
    }

    public static Command Show()
    {
        var id = new Argument<string>("install") { Description = "Its id, as installs list shows it." };
        return new Command("show", "Shows an install.") { id }.Does(async call =>
        {
            var install = await call.Api.GetAsync(PathOf(call.Get(id)), call.Cancel);
            call.Screen.Document(install);
            call.Screen.Say(JsonSerializer.Serialize(install, ApiJson.Indented));
            return ExitCode.Ok;
        });
    }

    public static Command Log()
    {
        var id = new Argument<string>("install") { Description = "Its id, as installs list shows it." };
        return new Command("log", "Prints an install's log; of one that runs, to its end.") { id }.Does(async call =>
        {
            // What happened after the Installer had done its part is in the record alone.
            if ((await PrintAsync(call, PathOf(call.Get(id)))).Error is { } error)
                call.Screen.Note($"{error.Code}: {error.Message}");
            return ExitCode.Ok;
        });
    }

    /// <summary>Every line once, though the stream starts at the first line again after each break.</summary>
    private static async Task<Install> PrintAsync(Call call, string path)
    {
        var (printed, away) = (0, new Away(call.Screen, Away.Usually));
        while (true)
        {
            try
            {
                var (seen, ended) = (0, false);
                await foreach (var item in call.Api.EventsAsync(path + "/log", call.Cancel, onOpen: away.IsOver))
                {
                    if (item.EventType == "end" && (ended = true)) break;
                    if (item.EventType != "line" || ++seen <= printed) continue;
                    printed = seen;
                    var line = JsonDocument.Parse(item.Data).RootElement.Clone();
                    call.Screen.Item(line);
                    call.Screen.Say(line.To<LogLine>().Text);
                }

                var install = (await call.Api.GetAsync(path, call.Cancel)).To<Install>();
                if (ended || install.Final) return install;
            }
            catch (Exception e) when (away.Endures(e))
            {
            }

            await Task.Delay(Pause, call.Cancel);
        }
    }

    public static Command Cancel()
    {
        var id = new Argument<string>("install") { Description = "Its id, as installs list shows it." };
        return new Command("cancel", "Asks an install to end; it ends within seconds and leaves nothing behind.") { id }.Does(async call =>
        {
            var install = await call.Api.PostAsync(PathOf(call.Get(id)) + "/cancel", null, call.Cancel);
            call.Screen.Document(install);
            call.Screen.Say($"Install {install.To<Install>().Id} of {install.To<Install>().Connector} is {install.To<Install>().State}; cancellation is asked for.");
            return ExitCode.Ok;
        });
    }

    private static string PathOf(string id) => $"/v1/installs/{Uri.EscapeDataString(id)}";
}
