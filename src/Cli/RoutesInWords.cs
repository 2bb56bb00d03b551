using System.Text.RegularExpressions;

namespace Platform.Cli;

/// <summary>The API's remedies name its routes, for whoever called it. Here they become the commands that do the same.</summary>
internal static partial class RoutesInWords
{
    // What stands for {} is taken over, in order.
    private static readonly (string Route, string Command)[] Table =
    [
        ("GET /v1/catalog", "catalog"),
        ("GET /v1/lock", "lock show"),
        ("GET /v1/connectors", "connectors list"),
        ("POST /v1/connectors", "connectors install <manifest.json>"),
        ("GET /v1/connectors/{}/versions", "connectors versions {}"),
        ("GET /v1/connectors/{}/specification", "connectors spec {}"),
        ("GET /v1/installs", "installs list"),
        ("GET /v1/installs/{}", "installs show {}"),
        ("POST /v1/installs/{}/cancel", "installs cancel {}"),
        ("GET /v1/connections", "connections list"),
        ("GET /v1/connections/{}", "connections show {}"),
        ("DELETE /v1/connections/{}", "connections delete {}"),
        ("GET /v1/connections/{}/actions", "actions list {}"),
        ("GET /v1/connections/{}/actions/{}", "actions show {} {}"),
        ("GET /v1/connections/{}/subscriptions", "subscriptions list {}"),
        ("GET /v1/runs", "runs list"),
        ("GET /v1/runs/{}/progress", "runs log {} --follow"),
        ("POST /v1/runs/{}/sweep", "runs sweep {}"),
        ("GET /v1/invocations", "invocations list"),
        ("GET /v1/invocations/{}", "invocations show {}"),
        ("GET /v1/invocations/{}/progress", "invocations log {} --follow"),
        ("GET /v1/schedules", "schedules list"),
        ("GET /v1/schedules?connection=", "schedules list --connection <connection>"),
        ("GET /v1/rejects", "rejects list"),
        ("GET /v1/objects/export", "objects export"),
        ("GET /v1/audit", "audit"),
        ("GET /v1/tokens", "tokens list"),
        ("POST /v1/tokens", "tokens create"),
        ("POST /v1/tokens/{}/rotate", "tokens rotate {}"),
        ("GET /v1/webhooks", "webhooks list"),
        ("PATCH /v1/webhooks/{}", "webhooks update {}"),
        ("GET /v1/webhooks/{}/deliveries", "webhooks deliveries {}"),
    ];

    // What an HTTP request is told, and what to do here.
    private static readonly (string Told, string Here)[] Phrases =
    [
        ("Send the header Authorization: Bearer <token>", "Log in (platform login) or set PLATFORM_TOKEN"),
        ("Send exactly one header Authorization: Bearer <token>", "Log in (platform login) or set PLATFORM_TOKEN"),
        ("Use a method of the Allow header.", "Is this program as new as the platform? platform doctor says where commands go."),
        ("from=beginning", "--from beginning"),
        ("from=now", "--from now"),
    ];

    private static readonly (Regex Route, string Command)[] Rows = [.. Table.Select(row => (new Regex(Regex.Escape(row.Route).Replace(@"\{}", Name, StringComparison.Ordinal) + End), row.Command))];

    // A name may have dots within; one behind it ends the sentence.
    private const string Name = @"((?>[\w{](?:[\w.{}-]*[\w}])?))";
    private const string End = @"(?![\w/{?-])";

    /// <summary>A route that no command has stays as it is.</summary>
    public static string ToCommands(string remedy)
    {
        foreach (var (route, command) in Rows)
        {
            remedy = route.Replace(remedy, found =>
            {
                var name = 0;
                return $"'platform {Hole().Replace(command, _ => found.Groups[++name].Value.Replace('{', '<').Replace('}', '>'))}'";
            });
        }

        foreach (var (told, here) in Phrases) remedy = remedy.Replace(told, here, StringComparison.Ordinal);
        return remedy;
    }

    [GeneratedRegex(@"\{\}")]
    private static partial Regex Hole();
}
