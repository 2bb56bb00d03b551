using System.CommandLine;
using System.Text.Json;
using Platform.Cli.Api;

namespace Platform.Cli.Actions;

internal static class ListActions
{
    public static Command Command()
    {
        var connection = new Argument<string>("connection") { Description = "The connection's name." };
        return new Command("list", "Lists what a connection's connector can be asked to do.") { connection }.Does(async call =>
        {
            var json = await call.Api.GetAsync(PathOf(call.Get(connection)), call.Cancel);
            call.Screen.Document(json);
            call.Screen.Table(
                ["name", "kind", "arguments", "description"],
                json.To<Page>().Items.Select(item => item.To<ActionRow>()).Select(a => new[] { a.Name, Kind(a), string.Join(' ', Arguments(a.Parameters)), a.Description }),
                "Its connector has no actions.");
            return ExitCode.Ok;
        });
    }

    public static string PathOf(string connection, string? action = null) =>
        $"/v1/connections/{Uri.EscapeDataString(connection)}/actions{(action is null ? "" : $"/{Uri.EscapeDataString(action)}")}";

    private static string Kind(ActionRow action) =>
        string.Join(' ', new[] { action.Mutates ? "mutates" : "reads", action.Exclusive ? "exclusive" : null, action.Idempotent ? "idempotent" : null }.OfType<string>());

    // As they are given to invoke; those in brackets may be left out.
    private static IEnumerable<string> Arguments(JsonElement schema)
    {
        if (!schema.TryGetProperty("properties", out var properties)) yield break;
        var required = schema.TryGetProperty("required", out var names) ? names.EnumerateArray().Select(n => n.GetString()).ToHashSet() : [];
        foreach (var property in properties.EnumerateObject())
            yield return required.Contains(property.Name) ? $"{property.Name}=" : $"[{property.Name}=]";
    }
}
