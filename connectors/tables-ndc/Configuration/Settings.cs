namespace Platform.Connectors.Tables.Configuration;

/// <summary>What the environment says. Names as the packaging specification and its successor have them.</summary>
/// <param name="Secret">Null: whoever asks is answered.</param>
/// <param name="Telemetry">Where spans go, the root of the collector; null: nowhere.</param>
internal sealed record Settings(string Directory, int Port, string? Secret, Uri? Telemetry, bool TelemetryOverHttp, string ServiceName)
{
    public const string DirectoryVariable = "HASURA_CONFIGURATION_DIRECTORY";
    public const string PortVariable = "HASURA_CONNECTOR_PORT";
    private const string DefaultDirectory = "/etc/connector";
    private const int DefaultPort = 8080;

    /// <summary>A variable that is set and empty is as one that is not set.</summary>
    /// <exception cref="BadConfiguration">With all that is wrong.</exception>
    public static Settings Read()
    {
        var errors = new List<string>();
        var port = DefaultPort;
        if (Variable(PortVariable) is { } given && (!int.TryParse(given, out port) || port is < 1 or > 65535))
            errors.Add($"bad_port: {PortVariable} must be a number from 1 to 65535, not {given}");

        Uri? telemetry = null;
        if ((Variable("OTEL_EXPORTER_OTLP_ENDPOINT") ?? Variable("HASURA_OTLP_ENDPOINT")) is { } endpoint
            && (!Uri.TryCreate(endpoint, UriKind.Absolute, out telemetry) || telemetry.Scheme is not ("http" or "https")))
            errors.Add($"bad_telemetry_endpoint: OTEL_EXPORTER_OTLP_ENDPOINT or HASURA_OTLP_ENDPOINT must be the root URL of a collector, such as http://collector:4317, not {endpoint}");

        var protocol = Variable("OTEL_EXPORTER_OTLP_PROTOCOL");
        if (protocol is not (null or "grpc" or "http/protobuf"))
            errors.Add($"bad_telemetry_protocol: OTEL_EXPORTER_OTLP_PROTOCOL must be grpc or http/protobuf, not {protocol}");

        var name = Variable("OTEL_SERVICE_NAME") ?? Variable("HASURA_OTEL_SERVICE_NAME") ?? "tables-ndc";
        return errors.Count == 0
            ? new(Variable(DirectoryVariable) ?? DefaultDirectory, port, Variable("HASURA_SERVICE_TOKEN_SECRET"), telemetry, protocol == "http/protobuf", name)
            : throw new BadConfiguration(errors);
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
