using System.Text.Json;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.Orchestration;

internal sealed record ProjectEndpoint(string Name, Uri Url, bool Http2Only);

/// <summary>What a project's launchSettings.json (first profile of kind Project) and appsettings.json say about its environment and endpoints.</summary>
internal sealed record ProjectSettings(
    string? LaunchProfile, IReadOnlyDictionary<string, string> Environment,
    IReadOnlyList<ProjectEndpoint> LaunchProfileEndpoints, IReadOnlyList<ProjectEndpoint> KestrelEndpoints)
{
    internal static ProjectSettings Read(string projectPath)
    {
        var folder = Path.GetDirectoryName(projectPath)!;
        var (profile, environment, urls) = ReadLaunchSettings(Path.Combine(folder, "Properties", "launchSettings.json"));
        var environmentName = environment.GetValueOrDefault("ASPNETCORE_ENVIRONMENT") ?? environment.GetValueOrDefault("DOTNET_ENVIRONMENT") ?? "Production";
        var configuration = new ConfigurationBuilder()
            .AddJsonFile(Path.Combine(folder, "appsettings.json"), optional: true)
            .AddJsonFile(Path.Combine(folder, $"appsettings.{environmentName}.json"), optional: true)
            .Build();
        var kestrel = configuration.GetSection("Kestrel:Endpoints").GetChildren()
            .Where(section => section["Url"] is not null)
            .Select(section => new ProjectEndpoint(section.Key, Address(section["Url"]!),
                (section["Protocols"] ?? configuration["Kestrel:EndpointDefaults:Protocols"]) == "Http2"))
            .ToList();
        var launched = urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Address)
            .GroupBy(url => url.Scheme)
            .SelectMany(group => group.Select((url, i) => new ProjectEndpoint(i == 0 ? url.Scheme : $"{url.Scheme}{i + 1}", url, false)))
            .ToList();
        return new(profile, environment, launched, kestrel);
    }

    /// <summary>Kestrel allows * and + for the host, a Uri doesn't.</summary>
    private static Uri Address(string url) => new(url.Replace("://*", "://localhost", StringComparison.Ordinal).Replace("://+", "://localhost", StringComparison.Ordinal));

    private static (string? Profile, Dictionary<string, string> Environment, string Urls) ReadLaunchSettings(string file)
    {
        if (!File.Exists(file))
            return (null, [], "");
        using var document = JsonDocument.Parse(File.ReadAllText(file), new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        if (!document.RootElement.TryGetProperty("profiles", out var profiles))
            return (null, [], "");
        foreach (var profile in profiles.EnumerateObject())
        {
            if (!profile.Value.TryGetProperty("commandName", out var command) || command.GetString() != "Project")
                continue;
            var environment = profile.Value.TryGetProperty("environmentVariables", out var variables)
                ? variables.EnumerateObject().ToDictionary(variable => variable.Name, variable => variable.Value.GetString() ?? "")
                : [];
            var urls = profile.Value.TryGetProperty("applicationUrl", out var applicationUrl) ? applicationUrl.GetString() : null;
            return (profile.Name, environment, urls ?? "");
        }
        return (null, [], "");
    }
}
