using System.CommandLine;
using System.Text.Json;
using Platform.Cli.Api;

namespace Platform.Cli.Connectors;

internal static class ShowSpecification
{
    public static Command Command()
    {
        var name = new Argument<string>("name") { Description = "The connector's." };
        var version = new Option<int?>("--version") { Description = "Of this version; else of the current one." };
        return new Command("spec", "Shows what a connector says of itself: the options it takes, its streams and actions.") { name, version }.Does(async call =>
        {
            var of = call.Get(version) is { } number ? $"/versions/{number}" : "";
            var said = await call.Api.GetAsync($"/v1/connectors/{Uri.EscapeDataString(call.Get(name))}{of}/specification", call.Cancel);
            call.Screen.Document(said);
            if (!said.TryGetProperty("specification", out var specification) || specification.ValueKind != JsonValueKind.Object)
            {
                call.Screen.Say($"{call.Get(name)} does not describe itself: its options are its own affair, and it has no actions.");
                return ExitCode.Ok;
            }
            call.Screen.Table(
                ["option", "type", "default", "rules", "description"],
                specification.GetProperty("parameters").EnumerateArray().Select(p => new[]
                {
                    Text(p, "name"), Text(p, "type"), Text(p, "default"), Rules(p), Text(p, "description"),
                }),
                "It takes no options.");
            Say(call.Screen, specification, "streams", "Streams");
            Say(call.Screen, specification, "actions", "Actions");
            return ExitCode.Ok;
        });
    }

    private static string Rules(JsonElement parameter)
    {
        var rules = new List<string>();
        if (parameter.TryGetProperty("secret", out var secret) && secret.ValueKind == JsonValueKind.True) rules.Add("secret");
        if (parameter.TryGetProperty("validations", out var validations) && validations.ValueKind == JsonValueKind.Array)
            rules.AddRange(validations.EnumerateArray().Select(v => $"{Text(v, "type")} {Text(v, "value")}".TrimEnd()));
        return string.Join("; ", rules);
    }

    private static void Say(Screen screen, JsonElement specification, string member, string title)
    {
        if (specification.TryGetProperty(member, out var items) && items.GetArrayLength() > 0)
            screen.Say($"{title}: {string.Join(", ", items.EnumerateArray().Select(item => $"{Text(item, "name")}{Cursors(item)}"))}");
    }

    // Of a stream, what its cursor can be.
    private static string Cursors(JsonElement item) =>
        item.TryGetProperty("cursor_columns", out var columns) && columns.ValueKind == JsonValueKind.Array && columns.GetArrayLength() > 0
            ? $" (by {string.Join(" or ", columns.EnumerateArray().Select(c => c.GetString()))})" : "";

    private static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
