using System.CommandLine;
using System.Text.Json;
using Platform.Cli.Api;
using Platform.Cli.Objects;

namespace Platform.Cli.Installs;

/// <summary><c>installs list|show|log|cancel</c>.</summary>
internal static class InstallCommands
{
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
            await foreach (var item in call.Api.EventsAsync(PathOf(call.Get(id)) + "/log", call.Cancel))
            {
                if (item.EventType == "end") break;
                if (item.EventType != "line") continue;
                var line = JsonDocument.Parse(item.Data).RootElement.Clone();
                call.Screen.Item(line);
                call.Screen.Say(line.To<LogLine>().Text);
            }

            // What happened after the Installer had done its part is in the record alone.
            if ((await call.Api.GetAsync(PathOf(call.Get(id)), call.Cancel)).To<Install>().Error is { } error)
                call.Screen.Note($"{error.Code}: {error.Message}");
            return ExitCode.Ok;
        });
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
