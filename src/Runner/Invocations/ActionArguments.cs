using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Platform.Runner.Invocations;

/// <summary>By which a repeated request for an action is known from another one.</summary>
internal static class ActionArguments
{
    private const int HashRounds = 20_000;
    private const int HashBytes = 32;

    /// <param name="salt">
    /// The id of the invocation that keeps the hash. With it, and slow to compute: arguments may be secret, and nobody shall find them by trying.
    /// </param>
    /// <param name="arguments">JSON, however it is written.</param>
    public static byte[] Hash(Guid salt, Guid connection, string action, string arguments) => Rfc2898DeriveBytes.Pbkdf2(
        Encoding.UTF8.GetBytes($"{connection}\n{action}\n{Sorted(arguments)}"), salt.ToByteArray(), HashRounds, HashAlgorithmName.SHA256, HashBytes);

    // Text that is no JSON of ours stays as it is; whoever checks the arguments says what is wrong.
    private static string Sorted(string json)
    {
        var buffer = new ArrayBufferWriter<byte>();
        try
        {
            using var document = JsonDocument.Parse(json);
            using (var writer = new Utf8JsonWriter(buffer))
                Write(writer, document.RootElement);
            return Encoding.UTF8.GetString(buffer.WrittenSpan);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return json;
        }
    }

    private static void Write(Utf8JsonWriter writer, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in value.EnumerateObject().OrderBy(p => p.Name, StringComparer.Ordinal))
                {
                    writer.WritePropertyName(member.Name);
                    Write(writer, member.Value);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                    Write(writer, item);
                writer.WriteEndArray();
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }
}
