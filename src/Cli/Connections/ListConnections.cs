using System.CommandLine;
using System.Globalization;
using Platform.Cli.Api;

namespace Platform.Cli.Connections;

internal static class ListConnections
{
    public static Command Command() => new Command("list", "Lists the connections; show has their options.").Does(async call =>
    {
        var items = await call.Api.ListAsync("/v1/connections", call.Cancel).ToListAsync(call.Cancel);
        call.Screen.Document(new { items });
        call.Screen.Table(
            ["name", "connector", "settings", "created"],
            items.Select(item => item.To<Connection>()).Select(c => new[] { c.Name, c.Connector, Settings(c), c.CreatedAt?.ToString("u") }),
            "No connections yet: platform connections create <name> --connector <connector>");
        return ExitCode.Ok;
    });

    // As the options of create are named, so that one is made from the other.
    private static string Settings(Connection connection)
    {
        var fraction = connection.MaxDeleteFraction?.ToString(CultureInfo.InvariantCulture);
        return string.Join(' ', new[]
        {
            connection.FullListing == true ? "full-listing" : null, fraction is null ? null : $"max-delete-fraction={fraction}", connection.ChangedEvents == true ? "changed-events" : null,
            connection.Streams is { Count: > 0 } streams ? $"stream={string.Join(',', streams)}" : null, Number("max-attempts", connection.MaxAttempts),
            connection.Cursors is { Count: > 0 } cursors ? string.Join(' ', cursors.Select(cursor => $"cursor={cursor.Key}={cursor.Value}")) : null, connection.AlwaysOn == true ? "always-on" : null,
            Number("first-page-seconds", connection.FirstPageSeconds), Number("idle-seconds", connection.IdleSeconds), Number("total-seconds", connection.TotalSeconds),
        }.OfType<string>());
    }

    private static string? Number(string name, int? value) => value is null ? null : $"{name}={value}";
}
