using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Unicode;
using Npgsql;

namespace Platform.Ingest.States;

/// <summary>What a connection's connector knows of its source.</summary>
/// <param name="Version">Of all states together; also the ETag. Changes with every change of one of them.</param>
internal sealed record StateView(string Connection, string Version, IReadOnlyList<StreamStateView> Streams)
{
    /// <summary>An answer shows no more bytes of states; what is above is shown when its stream is asked for.</summary>
    private const long MaxShownBytes = 8 << 20;

    [JsonIgnore]
    public string ETag => $"\"{Version}\"";

    /// <param name="stream">Null: all.</param>
    public static async Task<StateView> ReadAsync(NpgsqlConnection connection, Guid connectionId, string name, string? stream, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("""
            SELECT stream, length(state)::bigint, version, run_id, updated_at,
                   CASE WHEN stream = $2 OR $2 IS NULL AND sum(length(state)) OVER (ORDER BY stream) <= $3 THEN state END
            FROM states WHERE connection_id = $1 ORDER BY stream
            """, connection)
        { Parameters = { new() { Value = connectionId }, new() { Value = (object?)stream ?? DBNull.Value, DataTypeName = "text" }, new() { Value = MaxShownBytes } } };
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        using var version = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var streams = new List<StreamStateView>();
        while (await reader.ReadAsync(cancellation))
        {
            var (found, updatedAt) = (reader.GetString(0), reader.GetFieldValue<DateTimeOffset>(4));
            // The number begins again after a reset, the time does not.
            version.AppendData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{found}\0{reader.GetInt64(2)}\0{updatedAt.UtcTicks}\0")));
            if (stream is not null && stream != found)
                continue;
            var (json, base64) = reader.IsDBNull(5) ? default : Show(reader.GetFieldValue<byte[]>(5));
            streams.Add(new(found, reader.GetInt64(1), json, base64, reader.GetInt64(2), reader.IsDBNull(3) ? null : reader.GetGuid(3), updatedAt));
        }

        return new(name, Convert.ToHexStringLower(version.GetHashAndReset().AsSpan(0, 16)), streams);
    }

    private static (JsonElement? Json, string? Base64) Show(byte[] state)
    {
        var reader = new Utf8JsonReader(state, new JsonReaderOptions { MaxDepth = StreamStateView.MaxDepth });
        try
        {
            if (Utf8.IsValid(state))
            {
                // Halves of surrogate pairs can't be written, and are noticed only then.
                while (reader.Read())
                    if (reader is { ValueIsEscaped: true, TokenType: JsonTokenType.String or JsonTokenType.PropertyName })
                        reader.GetString();
                return (JsonSerializer.Deserialize<JsonElement>(state), null);
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Bytes are all that is known of it.
        }

        return (null, Convert.ToBase64String(state));
    }
}

/// <param name="Size">In bytes.</param>
/// <param name="State">The state, when its bytes are JSON.</param>
/// <param name="StateBase64">The state, when they are not. With neither member the answer would have been too large: ask for this stream alone.</param>
/// <param name="Version">Rises with every change of this state.</param>
/// <param name="RunId">Whose state it is; null: it was edited by hand.</param>
internal sealed record StreamStateView(
    string Stream,
    long Size,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] JsonElement? State,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? StateBase64,
    long Version,
    Guid? RunId,
    DateTimeOffset UpdatedAt)
{
    /// <summary>Of JSON that is shown as such: with what lies around it an answer stays within what readers of JSON take.</summary>
    public const int MaxDepth = 56;
}
