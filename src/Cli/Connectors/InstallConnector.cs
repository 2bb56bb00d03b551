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
        var manifest = new Argument<string>("manifest") { Description = "A manifest file or a folder with one, the http(s) address of one, or a name[@version] of the catalog; of a described service or packaged connector a folder, a git URL that ends in .git[#ref], or image:REFERENCE; of a packaged connector also a .tgz, or a connector-packaging.json, as a file or by http(s)." };
        var name = new Option<string?>("--name") { Description = "Install under this name instead of the manifest's." };
        var protocol = new Option<string?>("--protocol") { Description = "What it speaks, where there is no manifest and nothing else says it: oms (described service) or ndc (packaged connector)." };
        protocol.AcceptOnlyFromAmong(SourceManifest.Service, SourceManifest.Package);
        var configuration = new Option<string?>("--configuration") { Description = "Of image:REFERENCE: the folder with the files that the packaged connector in it reads." };
        var noWait = new Option<bool>("--no-wait") { Description = "Return as soon as the install is accepted." };
        return new Command("install", "Installs a connector from its JSON manifest or from the catalog, a service that a file describes, or a packaged connector.") { manifest, name, protocol, configuration, noWait }.Does(async call =>
        {
            var accepted = await StartAsync(call.Api, call.Get(manifest), call.Get(name), call.Cancel, call.Get(protocol), call.Get(configuration));
            if (!call.Get(noWait)) return await FollowInstall.RunAsync(call, accepted.To<Install>());

            call.Screen.Document(accepted);
            call.Screen.Say($"Install {accepted.To<Install>().Id} of {accepted.To<Install>().Connector} accepted.");
            return ExitCode.Ok;
        });
    }

    public static Task<JsonElement> StartAsync(ApiClient api, string manifest, string? name, CancellationToken cancel, string? protocol = null, string? configuration = null)
    {
        // A word that the catalog may have is looked for there; ./word is the folder.
        if (!CatalogName().IsMatch(manifest))
        {
            if (protocol is null && Path.Combine(manifest, "manifest.json") is var inside && File.Exists(inside)) manifest = inside;
            else if (SourceManifest.Of(manifest, name, protocol, configuration) is { } made) return api.PostAsync("/v1/connectors", made, cancel);
        }
        if ((protocol ?? configuration) is not null)
            throw new CliException(ExitCode.Usage, "bad_usage", $"{manifest} says itself what it is: --protocol and --configuration are for what has no manifest.", "platform connectors install --help");
        if (Uri.TryCreate(manifest, UriKind.Absolute, out var address) && address.Scheme is "http" or "https")
            return api.PostAsync("/v1/connectors", new { url = manifest, name }, cancel);
        if (!File.Exists(manifest) && CatalogName().Match(manifest) is { Success: true } match)
            return api.PostAsync("/v1/connectors", new { catalog = match.Groups["name"].Value, version = match.Groups["version"] is { Success: true, Value: var version } ? version : null, name }, cancel);
        var query = (name ?? PackageArchive.NameOfDocument(manifest)) is { } given ? $"?name={Uri.EscapeDataString(given)}" : "";
        return api.PostTextAsync("/v1/connectors" + query, ReadManifest(manifest), cancel);
    }

    /// <summary>
    /// The manifest's text. A relative uri of a Local source is meant from the manifest's folder, which the server can't know; a
    /// text that is not a JSON object goes as it is, since the server's complaint names the position.
    /// </summary>
    private static string ReadManifest(string file)
    {
        if (!File.Exists(file)) throw new CliException(
            ExitCode.Usage, "no_such_file", $"There is no manifest at {Path.GetFullPath(file)}.", "Name a manifest file, a folder with one, with a service's description or a connector's package, the http(s) address of a manifest, or a connector of the catalog: platform catalog");
        var text = File.ReadAllText(file);
        try
        {
            if (JsonNode.Parse(text) is not JsonObject manifest || manifest["source"]?.GetValueKind() != JsonValueKind.String) return text;
            var source = manifest["source"]!.GetValue<string>();
            // Where a path can stand.
            var field = source switch { "Local" => "uri", "Server" => "described_by", "Image" => "configuration", _ => null };
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

    // What ends in .json or .tgz is a file that was mistyped; git@host:name.git is a repository and no version.
    [GeneratedRegex(@"^(?!.*\.(?:json|tgz|tar\.gz)$)(?!.*\.git(?:#\S*)?$)(?<name>[a-z0-9][a-z0-9._-]{0,62})(@(?<version>.+))?$")]
    private static partial Regex CatalogName();
}
