using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Platform.Cli.Api;

namespace Platform.Cli.Connectors;

/// <summary><c>connectors install</c>: hands a manifest to the registry and follows the install's log to its end.</summary>
internal static class InstallConnector
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    public static Command Command()
    {
        var manifest = new Argument<string>("manifest") { Description = "A manifest file, or the http(s) address of one." };
        var name = new Option<string?>("--name") { Description = "Install under this name instead of the manifest's." };
        var noWait = new Option<bool>("--no-wait") { Description = "Return as soon as the install is accepted." };
        return new Command("install", "Installs a connector from its JSON manifest.") { manifest, name, noWait }.Does(async call =>
        {
            var accepted = await StartAsync(call.Api, call.Get(manifest), call.Get(name), call.Cancel);
            if (!call.Get(noWait)) return await FollowAsync(call, accepted.To<Install>());

            call.Screen.Document(accepted);
            call.Screen.Say($"Install {accepted.To<Install>().Id} of {accepted.To<Install>().Connector} accepted.");
            return ExitCode.Ok;
        });
    }

    public static Task<JsonElement> StartAsync(ApiClient api, string manifest, string? name, CancellationToken cancel)
    {
        if (Uri.TryCreate(manifest, UriKind.Absolute, out var address) && address.Scheme is "http" or "https")
            return api.PostAsync("/v1/connectors", new { url = manifest, name }, cancel);
        var query = name is null ? "" : $"?name={Uri.EscapeDataString(name)}";
        return api.PostTextAsync("/v1/connectors" + query, ReadManifest(manifest), cancel);
    }

    public static async Task<int> FollowAsync(Call call, Install install)
    {
        var path = $"/v1/installs/{install.Id}";
        var printed = 0;
        call.Screen.Say($"Installing {install.Connector} (install {install.Id})");
        while (true)
        {
            printed = await PrintLogAsync(call, path, printed);
            var json = await call.Api.GetAsync(path, call.Cancel);
            install = json.To<Install>();
            if (install.Final) return Report(call.Screen, json, install);
            await Task.Delay(Pause, call.Cancel);
        }
    }

    /// <summary>Prints what is new in the log; the stream starts at the first line again after each break.</summary>
    private static async Task<int> PrintLogAsync(Call call, string path, int printed)
    {
        var seen = 0;
        try
        {
            await foreach (var item in call.Api.EventsAsync(path + "/log", call.Cancel))
            {
                if (item.EventType == "end") break;
                if (item.EventType != "line" || ++seen <= printed) continue;
                call.Screen.Say("  " + JsonDocument.Parse(item.Data).RootElement.To<LogLine>().Text);
            }
        }
        catch (ApiException e) when (e.Status is 404 or 502 or 503)
        {
            // The installer has not begun yet, or is away for a moment; the record decides.
        }

        return Math.Max(seen, printed);
    }

    private static int Report(Screen screen, JsonElement json, Install install)
    {
        screen.Document(json);
        if (install.State == "succeeded")
        {
            screen.Say($"Installed {install.Connector}, version {install.Version}, sha256 {install.Digest}");
            return ExitCode.Ok;
        }

        if (install.Error is not { } error)
        {
            screen.Fail("install_failed", $"The install of {install.Connector} failed.", [], null);
            return ExitCode.Failed;
        }

        List<(string, string)> details = [];
        if (error.Command is { } command) details.Add(("command", command));
        if (error.ExitCode is { } exit) details.Add(("exit code", exit.ToString()));
        foreach (var line in error.OutputTail?.TrimEnd('\n').Split('\n') ?? []) details.Add(("output", line));
        screen.Fail(error.Code, error.Message, details, error.Remedy);
        return ExitCode.Failed;
    }

    /// <summary>
    /// The manifest's text. A relative uri of a Local source is meant from the manifest's folder, which the server can't know; a
    /// text that is not a JSON object goes as it is, since the server's complaint names the position.
    /// </summary>
    private static string ReadManifest(string file)
    {
        if (!File.Exists(file)) throw new CliException(ExitCode.Usage, "no_such_file", $"There is no manifest at {Path.GetFullPath(file)}.");
        var text = File.ReadAllText(file);
        try
        {
            if (JsonNode.Parse(text) is not JsonObject manifest || manifest["source"]?.GetValueKind() != JsonValueKind.String || manifest["uri"]?.GetValueKind() != JsonValueKind.String) return text;
            var uri = manifest["uri"]!.GetValue<string>();
            if (manifest["source"]!.GetValue<string>() != "Local" || Path.IsPathRooted(uri) || uri.Contains("://", StringComparison.Ordinal)) return text;
            manifest["uri"] = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, uri));
            return manifest.ToJsonString();
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            // Broken, or with a key twice.
            return text;
        }
    }
}
