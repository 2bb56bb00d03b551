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
        return new Command("list", "Lists runs.") { connection, state, limit }.Does(async call =>
        {
            var json = await call.Api.GetAsync(
                ListObjects.Query("/v1/runs", ("connection", call.Get(connection)), ("state", call.Get(state)), ("limit", call.Get(limit)?.ToString())),
                call.Cancel);
            call.Screen.Document(json);
            call.Screen.Table(
                ["id", "connection", "state", "objects", "started", "finished"],
                json.To<Page>().Items.Select(item => item.To<Run>()).Select(r => new[]
                {
                    r.Id.ToString(), r.Connection, r.State, (r.Counts?.Received ?? 0).ToString(), r.StartedAt?.ToString("u"), r.FinishedAt?.ToString("u"),
                }),
                "No runs yet: platform sync <connection>");
            return ExitCode.Ok;
        });
    }
}
