using System.CommandLine;
using Platform.Cli.Api;

namespace Platform.Cli.Objects;

internal static class ListObjects
{
    public static Command Command()
    {
        var options = new ObjectOptions();
        var limit = new Option<int?>("--limit") { Description = "Objects per page, 1 to 1000; the API's default is 100." };
        var cursor = new Option<string?>("--cursor") { Description = "Go on after an earlier page: its next." };
        var all = new Option<bool>("--all") { Description = "Every page; with --json one line of JSON per object." };
        var command = new Command("list", "Lists objects by key, with --since by change.") { limit, cursor, all };
        options.AddTo(command);
        return command.Does(async call =>
        {
            var path = options.Query("/v1/objects", call, ("limit", call.Get(limit)?.ToString()));
            if (call.Get(all))
            {
                // Pages come and go: there may be more objects than memory.
                if (!call.Screen.Json) Console.Out.WriteLine("connection\tremote_id\tresource_name\turi\tmetadata");
                await foreach (var item in call.Api.ListAsync(path, call.Cancel))
                {
                    call.Screen.Item(item);
                    if (!call.Screen.Json) Console.Out.WriteLine(string.Join('\t', Cells(item.To<ObjectRow>()).Select(cell => cell?.ReplaceLineEndings(" "))));
                }

                return ExitCode.Ok;
            }

            var json = await call.Api.GetAsync(call.Get(cursor) is { } from ? Query(path, ("cursor", from)) : path, call.Cancel);
            call.Screen.Document(json);
            var page = json.To<Page>();
            call.Screen.Table(["connection", "remote_id", "resource_name", "uri", "metadata"], page.Items.Select(item => Cells(item.To<ObjectRow>())), "No objects yet.");
            if (page.Next is { } next && !call.Screen.Json) Console.Error.WriteLine($"There are more: --cursor {next}, or --all");
            return ExitCode.Ok;
        });
    }

    private static string?[] Cells(ObjectRow row) => [row.Connection, row.RemoteId, row.ResourceName, row.Uri, row.Metadata];

    public static string Query(string path, params (string Name, string? Value)[] values)
    {
        var given = values.Where(value => value.Value is not null).Select(value => $"{value.Name}={Uri.EscapeDataString(value.Value!)}").ToList();
        return given.Count == 0 ? path : path + (path.Contains('?') ? "&" : "?") + string.Join('&', given);
    }
}
