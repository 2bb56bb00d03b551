using System.Text.Json;
using Platform.Contracts;
using Platform.Runner.Containers;

namespace Platform.Runner.Drivers.Ndc.Servers;

/// <summary>The container that a package asks for, as the deployment specification of packaged connectors has it.</summary>
internal static class PackageContainer
{
    /// <summary>That each gets, and that images listen at by themselves.</summary>
    public const int Port = 8080;

    public const string DirectoryVariable = PackageDirectory.Variable;
    public const string TokenVariable = "HASURA_SERVICE_TOKEN_SECRET";

    /// <param name="preset">The image's own environment, as name=value.</param>
    /// <param name="telemetry">Where spans go, and what for; empty: nowhere.</param>
    public static ContainerStart Of(PackageWish wish, IEnumerable<string> preset, string token, IReadOnlyDictionary<string, string> telemetry)
    {
        var directory = PackageDirectory.Of(preset);
        var configuration = wish.Runtime.Configuration;
        return new(wish.Runtime.Image, wish.Launch.Limits)
        {
            Environment = Variables(wish, directory, token, telemetry),
            Ports = [Port],
            ReadOnlyFolders = configuration is null ? new Dictionary<string, string>()
                : new Dictionary<string, string> { [directory] = Path.GetFullPath(Path.Combine(wish.Launch.Bundle, configuration)) },
            EmptyFolders = configuration is null ? [directory] : [],
            HasReadOnlyRoot = true,
            Labels = wish.Labels,
        };
    }

    // Weakest first: the package's defaults, the manifest's, the connection's options, and what the platform says.
    private static Dictionary<string, string> Variables(PackageWish wish, string directory, string token, IReadOnlyDictionary<string, string> telemetry)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var declared in wish.Runtime.Variables ?? [])
            if (declared.Default is { } value && !PackageRuntime.IsReserved(declared.Name))
                variables[declared.Name] = value;
        foreach (var (name, value) in wish.Launch.Environment.Where(v => !PackageRuntime.IsReserved(v.Key)))
            variables[name] = value;
        using var options = JsonDocument.Parse(wish.Options.Length == 0 ? "{}" : wish.Options);
        foreach (var option in options.RootElement.EnumerateObject().Where(o => !PackageRuntime.IsReserved(o.Name)))
            // An environment holds no such character.
            variables[option.Name] = (option.Value.ValueKind == JsonValueKind.String ? option.Value.GetString()! : option.Value.GetRawText()).Replace("\0", "", StringComparison.Ordinal);
        foreach (var (name, value) in telemetry)
            variables[name] = value;
        variables[DirectoryVariable] = directory;
        variables["HASURA_CONNECTOR_PORT"] = $"{Port}";
        // Never empty: connectors then let nobody in.
        variables[TokenVariable] = token;
        return variables;
    }
}
