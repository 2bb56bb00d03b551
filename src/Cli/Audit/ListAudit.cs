using System.CommandLine;
using System.Globalization;
using Platform.Cli.Api;
using Platform.Cli.Objects;
using Platform.Cli.Usage;

namespace Platform.Cli.Audit;

internal static class ListAudit
{
    private static readonly string[] Columns = ["at", "actor", "from", "method", "path", "status", "code"];

    public static Command Command()
    {
        var actor = new Option<string?>("--actor") { Description = "Only what the token of this name asked for." };
        var path = new Option<string?>("--path") { Description = "Only paths that begin so, such as /v1/connections/orders." };
        var denied = new Option<bool>("--denied") { Description = "Only what was refused." };
        var since = TimeOption.Of("--since", "Only from this time on, such as 2030-01-31T08:00:00Z, or 1h or 2d back from now.");
        var until = TimeOption.Of("--until", "Only before this time.");
        var limit = new Option<int?>("--limit") { Description = "Entries per page, 1 to 1000; the API's default is 100." };
        var cursor = new Option<string?>("--cursor") { Description = "Go on after an earlier page: its next." };
        return new Command("audit", "Lists requests that changed something or were refused, the newest first: platform audit --denied") { actor, path, denied, since, until, limit, cursor }.Does(async call =>
        {
            var json = await call.Api.GetAsync(
                ListObjects.Query("/v1/audit", ("actor", call.Get(actor)), ("path", call.Get(path)), ("denied", call.Get(denied) ? "true" : null), ("since", call.Get(since)?.ToString("o")),
                    ("until", call.Get(until)?.ToString("o")), ("limit", call.Get(limit)?.ToString(CultureInfo.InvariantCulture)), ("cursor", call.Get(cursor))),
                call.Cancel);
            call.Screen.Document(json);
            var page = json.To<Page>();
            call.Screen.Table(Columns, page.Items.Select(item => Cells(item.To<Entry>())), "Nothing.");
            if (page.Next is { } next && !call.Screen.Json) Console.Error.WriteLine($"There are more: --cursor {next}");
            return ExitCode.Ok;
        });
    }

    private static string?[] Cells(Entry entry) =>
        [entry.At.ToString("u", CultureInfo.InvariantCulture), entry.Actor ?? "-", entry.Address, entry.Method, entry.Path, entry.Status.ToString(CultureInfo.InvariantCulture), entry.Code];

    private sealed record Entry(DateTimeOffset At, string? Actor, string? Address, string Method, string Path, int Status, string? Code);
}
