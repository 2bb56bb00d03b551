using System.CommandLine;
using Platform.Cli.Api;
using Platform.Cli.Objects;

namespace Platform.Cli.Rejects;

internal static class ListRejects
{
    private static readonly string[] Columns = ["id", "connection", "stream", "remote_id", "reason", "size", "rejected"];

    public static Command Command()
    {
        var connection = new Option<string?>("--connection") { Description = "Only those of this connection." };
        var run = new Option<string?>("--run") { Description = "Only those of this run." };
        var stream = new Option<string?>("--stream") { Description = "Only those of this stream; '' is a stream too." };
        var reason = new Option<string?>("--reason") { Description = "Only with this reason: empty_key, key_too_long, nul_character, invalid_utf8, object_too_large." };
        var limit = new Option<int?>("--limit") { Description = "Rejects per page, 1 to 1000; the API's default is 100." };
        var cursor = new Option<string?>("--cursor") { Description = "Go on after an earlier page: its next." };
        return new Command("list", "Lists objects that could not be stored, the newest first.") { connection, run, stream, reason, limit, cursor }.Does(async call =>
        {
            var json = await call.Api.GetAsync(
                ListObjects.Query("/v1/rejects", ("connection", call.Get(connection)), ("run", call.Get(run)), ("stream", call.Get(stream)),
                    ("reason", call.Get(reason)), ("limit", call.Get(limit)?.ToString()), ("cursor", call.Get(cursor))),
                call.Cancel);
            call.Screen.Document(json);
            var page = json.To<Page>();
            call.Screen.Table(Columns, page.Items.Select(item => item.To<Reject>()).Select(Cells), "No rejects.");
            if (page.Next is { } next && !call.Screen.Json) Console.Error.WriteLine($"There are more: --cursor {next}");
            return ExitCode.Ok;
        });
    }

    private static string?[] Cells(Reject reject) =>
        [reject.Id.ToString(), reject.Connection, reject.Stream, reject.RemoteId, reject.Reason, reject.Size.ToString(), reject.RejectedAt?.ToString("u")];
}
