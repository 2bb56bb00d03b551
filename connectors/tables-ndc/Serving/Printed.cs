using System.Text.Json;
using Platform.Connectors.Tables.Configuration;

namespace Platform.Connectors.Tables.Serving;

/// <summary><c>printSchemaAndCapabilities</c>: what a server would answer, without starting one.</summary>
internal static class Printed
{
    /// <exception cref="BadConfiguration">The configuration is wrong.</exception>
    public static void SchemaAndCapabilities()
    {
        var catalog = new ConfigurationReader(Settings.Read().Directory).Read();
        using var output = Console.OpenStandardOutput();
        using (var writer = new Utf8JsonWriter(output, new() { Indented = true }))
        {
            using var capabilities = JsonDocument.Parse(CapabilitiesAnswer.Json);
            writer.WriteStartObject();
            writer.WritePropertyName("schema");
            SchemaAnswer.Write(catalog, writer);
            writer.WritePropertyName("capabilities");
            capabilities.RootElement.WriteTo(writer);
            writer.WriteEndObject();
        }

        output.Write("\n"u8);
    }
}
