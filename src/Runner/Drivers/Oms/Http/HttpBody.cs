using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Platform.Oms;

namespace Platform.Runner.Drivers.Oms.Http;

/// <summary>What arguments make of a request's body.</summary>
/// <param name="ContentType">Null: none, as there is nothing to say it of.</param>
internal sealed record HttpBody(byte[] Bytes, string? ContentType)
{
    /// <returns>Null: no body, and no length of one. GET and DELETE have one when an argument for it was given, or an empty one if they must not be repeated.</returns>
    /// <exception cref="RunFaultException"><c>bad_definition</c>.</exception>
    public static HttpBody? Of(OmsAction action, OmsHttp http, JsonObject arguments, List<FieldViolation> violations)
    {
        var declared = action.Arguments.Count(a => (a.In ?? OmsIn.RequestBody) == OmsIn.RequestBody);
        if (http.ContentType == OmsHttp.OctetStream && declared > 1)
            throw OmsFaults.BadDefinition(action.Name, $"a body of {OmsHttp.OctetStream} is one argument, and {declared} are declared");
        var given = ArgumentText.Given(action, arguments, OmsIn.RequestBody).ToList();
        var expects = http.Method is "POST" or "PUT" or "PATCH";
        // What has a body, if an empty one, is not sent again by the framework when a connection breaks.
        if (given.Count == 0 && !(expects && declared > 0))
            return expects || !action.Retry ? new([], null) : null;
        return http.ContentType switch
        {
            OmsHttp.UrlEncoded => new(Encoding.ASCII.GetBytes(string.Join('&', given
                .SelectMany(g => ArgumentText.Several(g.Value).Select(text => $"{Uri.EscapeDataString(g.Argument.Name)}={Uri.EscapeDataString(text)}")))), OmsHttp.UrlEncoded),
            OmsHttp.Multipart => Multipart(given, violations),
            OmsHttp.OctetStream => new(given.Count == 0 ? [] : Raw(given[0].Argument, given[0].Value, violations), OmsHttp.OctetStream),
            _ => new(Json(given), OmsHttp.Json),
        };
    }

    private static byte[] Raw(OmsArgument argument, JsonNode value, List<FieldViolation> violations) =>
        argument.Type == OmsTypes.File ? ArgumentText.Bytes(argument, value, violations) ?? [] : Encoding.UTF8.GetBytes(ArgumentText.One(value));

    private static byte[] Json(List<(OmsArgument Argument, JsonNode Value)> given)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            foreach (var (argument, value) in given)
            {
                writer.WritePropertyName(argument.Name);
                value.WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    // RFC 7578 with names as browsers write them; the class of the framework writes them otherwise (RFC 2047), which few servers read.
    private static HttpBody Multipart(List<(OmsArgument Argument, JsonNode Value)> given, List<FieldViolation> violations)
    {
        var boundary = $"part-{RandomNumberGenerator.GetHexString(32, lowercase: true)}";
        using var body = new MemoryStream();
        foreach (var (argument, value) in given)
        {
            if (argument is { Type: OmsTypes.List, Elements.Type: OmsTypes.File } && value is JsonArray files)
                foreach (var file in files)
                    Part(argument, OmsHttp.OctetStream, file is null ? [] : ArgumentText.Bytes(argument, file, violations) ?? [], isFile: true);
            else if (argument.Type == OmsTypes.File)
                Part(argument, OmsHttp.OctetStream, Raw(argument, value, violations), isFile: true);
            else
                Part(argument, value is JsonValue ? null : OmsHttp.Json, Encoding.UTF8.GetBytes(ArgumentText.One(value)), isFile: false);
        }

        body.Write(Encoding.ASCII.GetBytes($"--{boundary}--\r\n"));
        return new(body.ToArray(), $"{OmsHttp.Multipart}; boundary={boundary}");

        void Part(OmsArgument argument, string? type, byte[] bytes, bool isFile)
        {
            var name = argument.Name.Replace("\"", "%22", StringComparison.Ordinal).Replace("\r", "%0D", StringComparison.Ordinal).Replace("\n", "%0A", StringComparison.Ordinal);
            body.Write(Encoding.UTF8.GetBytes(
                $"--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"{(isFile ? $"; filename=\"{name}\"" : "")}\r\n{(type is null ? "" : $"Content-Type: {type}\r\n")}\r\n"));
            body.Write(bytes);
            body.Write("\r\n"u8);
        }
    }
}
