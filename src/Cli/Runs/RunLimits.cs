using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Platform.Cli.Api;

namespace Platform.Cli.Runs;

/// <summary><c>runs limits</c>: shows how many runs may be active at once; what is given is changed, the other limits stay.</summary>
internal static class RunLimits
{
    private const string None = "none";

    private sealed record Limits(int? Global, Dictionary<string, int> Connectors);

    public static Command Command()
    {
        var global = new Option<string?>("--global") { Description = "Of all connectors together: a number, or none." };
        var connectors = new Option<string[]>("--connector") { Description = "Of one connector: NAME=N, or NAME=none; may be given several times." };
        return new Command("limits", "Shows or sets how many runs may be active at once, on all Runners together.") { global, connectors }.Does(async call =>
        {
            var json = await call.Api.GetAsync("/v1/runs/limits", call.Cancel);
            var given = call.Get(connectors) ?? [];
            if (call.Get(global) is not null || given.Length > 0)
            {
                var limits = json.To<Limits>();
                if (call.Get(global) is { } all)
                    limits = limits with { Global = Parse("--global", all) };
                foreach (var one in given)
                    Set(limits.Connectors, one);
                json = await call.Api.PutTextAsync("/v1/runs/limits", JsonSerializer.Serialize(limits, ApiJson.Options), call.Cancel);
            }

            call.Screen.Document(json);
            var now = json.To<Limits>();
            call.Screen.Table(
                ["connector", "at once"],
                [["all together", now.Global?.ToString(CultureInfo.InvariantCulture) ?? None], .. now.Connectors.Select(c => new[] { c.Key, c.Value.ToString(CultureInfo.InvariantCulture) })],
                "No limits.");
            return ExitCode.Ok;
        });
    }

    private static void Set(Dictionary<string, int> connectors, string given)
    {
        var sign = given.LastIndexOf('=');
        if (sign < 1)
            throw new CliException(ExitCode.Usage, "bad_usage", $"'{given}' is not NAME=N.", "Such as --connector files=2, or files=none.");
        var name = given[..sign];
        if (Parse("--connector", given[(sign + 1)..]) is { } limit)
            connectors[name] = limit;
        else
            connectors.Remove(name);
    }

    // The API knows the range.
    private static int? Parse(string option, string text) =>
        text == None ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit
        : throw new CliException(ExitCode.Usage, "bad_usage", $"'{text}' is neither a number nor {None}.", $"Such as {option} {(option == "--global" ? "" : "NAME=")}4.");
}
