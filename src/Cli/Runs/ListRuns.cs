using System.CommandLine;
using Platform.Cli.Api;
using Platform.Cli.Objects;

namespace Platform.Cli.Runs;

internal static class ListRuns
{
    public static Command Command()
    {
        var connection = new Option<string?>("--connection") { Description = "Only runs of this connection." };
        var state = new Option<string?>("--state") { Description = "Only runs in this state: queued, running, succeeded, failed, cancelled." };
        var limit = new Option<int?>("--limit") { Description = "At most this many, 1 to 1000; the API's default is 100." };
        var cursor = new Option<string?>("--cursor") { Description = "Go on after an earlier page: its next." };
        return new Command("list", "Lists runs, the latest first.") { connection, state, limit, cursor }.Does(async call =>
        {
            var json = await call.Api.GetAsync(
                ListObjects.Query("/v1/runs", ("connection", call.Get(connection)), ("state", call.Get(state)), ("limit", call.Get(limit)?.ToString()), ("cursor", call.Get(cursor))),
                call.Cancel);
            call.Screen.Document(json);
            var page = json.To<Page>();
            call.Screen.Table(
                ["id", "connection", "state", "objects", "started", "finished"],
                page.Items.Select(item => item.To<Run>()).Select(r => new[]
                {
                    r.Id.ToString(), r.Connection, r.State, (r.Counts?.Received ?? 0).ToString(), r.StartedAt?.ToString("u"), r.FinishedAt?.ToString("u"),
                }),
                "No runs yet: platform sync <connection>");
            if (page.Next is { } next) call.Screen.Note($"There are more: --cursor {next}");
            return ExitCode.Ok;
        });
    }
}
