using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Platform.Cli.Api;
using Platform.Cli.Installs;

namespace Platform.Cli.Connectors;

/// <summary><c>connectors install</c>: hands a manifest to the registry and follows the install's log to its end.</summary>
internal static partial class InstallConnector
{
    public static Command Command()
    {
        var manifest = new Argument<string>("manifest") { Description = "A manifest file or a folder with one, the http(s) address of one, or a name[@version] of the catalog; of a described service a folder, a git URL that ends in .git[#ref], or image:REFERENCE." };
        var name = new Option<string?>("--name") { Description = "Install under this name instead of the manifest's." };
        var noWait = new Option<bool>("--no-wait") { Description = "Return as soon as the install is accepted." };
        return new Command("install", "Installs a connector from its JSON manifest or from the catalog, or a service that a file describes.") { manifest, name, noWait }.Does(async call =>
        {
            var accepted = await StartAsync(call.Api, call.Get(manifest), call.Get(name), call.Cancel);
            if (!call.Get(noWait)) return await FollowInstall.RunAsync(call, accepted.To<Install>());

            call.Screen.Document(accepted);
            call.Screen.Say($"Install {accepted.To<Install>().Id} of {accepted.To<Install>().Connector} accepted.");
            return ExitCode.Ok;
        });
    }

    public static Task<JsonElement> StartAsync(ApiClient api, string manifest, string? name, CancellationToken cancel)
    {
        // A word that the catalog may have is looked for there; ./word is the folder.
        if (!CatalogName().IsMatch(manifest))
        {
            if (Path.Combine(manifest, "manifest.json") is var inside && File.Exists(inside)) manifest = inside;
            else if (ServiceManifest.Of(manifest, name) is { } service) return api.PostAsync("/v1/connectors", service, cancel);
        }
        if (Uri.TryCreate(manifest, UriKind.Absolute, out var address) && address.Scheme is "http" or "https")
            return api.PostAsync("/v1/connectors", new { url = manifest, name }, cancel);
        if (!File.Exists(manifest) && CatalogName().Match(manifest) is { Success: true } match)
            return api.PostAsync("/v1/connectors", new { catalog = match.Groups["name"].Value, version = match.Groups["version"] is { Success: true, Value: var version } ? version : null, name }, cancel);
        var query = name is null ? "" : $"?name={Uri.EscapeDataString(name)}";
        return api.PostTextAsync("/v1/connectors" + query, ReadManifest(manifest), cancel);
    }

    /// <summary>
    /// The manifest's text. A relative uri of a Local source is meant from the manifest's folder, which the server can't know; a
    /// text that is not a JSON object goes as it is, since the server's complaint names the position.
    /// </summary>
    private static string ReadManifest(string file)
    {
        if (!File.Exists(file)) throw new CliException(
            ExitCode.Usage, "no_such_file", $"There is no manifest at {Path.GetFullPath(file)}.", "Name a manifest file, a folder with one or with a service's description, the http(s) address of a manifest, or a connector of the catalog: platform catalog");
        var text = File.ReadAllText(file);
        try
        {
            if (JsonNode.Parse(text) is not JsonObject manifest || manifest["source"]?.GetValueKind() != JsonValueKind.String) return text;
            var source = manifest["source"]!.GetValue<string>();
            // Where a path can stand.
            var field = source switch { "Local" => "uri", "Server" => "described_by", _ => null };
            if (field is null || manifest[field]?.GetValueKind() != JsonValueKind.String) return text;
            var path = manifest[field]!.GetValue<string>();
            if (path.Length == 0 || Path.IsPathRooted(path) || path.Contains("://", StringComparison.Ordinal)) return text;
            manifest[field] = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, path));
            return manifest.ToJsonString();
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            // Broken, or with a key twice.
            return text;
        }
    }

    // What ends in .json is a file that was mistyped; git@host:name.git is a repository and no version.
    [GeneratedRegex(@"^(?!.*\.json$)(?!.*\.git(?:#\S*)?$)(?<name>[a-z0-9][a-z0-9._-]{0,62})(@(?<version>.+))?$")]
    private static partial Regex CatalogName();
}
