namespace Platform.Installer.Packages.Commands;

/// <summary>The names that commands have in a package's metadata, and what all of them are given.</summary>
internal static class PackageCommands
{
    /// <summary>Prints what a server would answer, without one.</summary>
    public const string Print = "printSchemaAndCapabilities";

    /// <summary>Brings the configuration up to date with what the connector talks to.</summary>
    public const string Update = "update";

    /// <summary>Makes of an earlier version's configuration one of this version.</summary>
    public const string Upgrade = "upgradeConfiguration";

    /// <summary>The folder of the configuration, as the command sees it.</summary>
    public const string ContextVariable = "HASURA_PLUGIN_CONNECTOR_CONTEXT_PATH";

    /// <summary>Weakest first: the package's defaults, what the caller gives, and what is the platform's to say.</summary>
    /// <param name="execution">Names this one run.</param>
    public static Dictionary<string, string> Variables(ConnectorMetadata? metadata, IReadOnlyDictionary<string, string> given, Guid execution)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var declared in metadata?.Variables ?? [])
            if (declared.Default is { } value) variables[declared.Name] = value;
        foreach (var (name, value) in given) variables[name] = value;
        variables["HASURA_PLUGIN_LOG_LEVEL"] = "info";
        variables["HASURA_PLUGIN_DISABLE_TELEMETRY"] = "true";
        variables["HASURA_PLUGIN_INSTANCE_ID"] = variables["HASURA_PLUGIN_EXECUTION_ID"] = execution.ToString();
        return variables;
    }
}
