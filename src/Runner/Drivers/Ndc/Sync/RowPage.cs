using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Platform.Ndc;

namespace Platform.Runner.Drivers.Ndc.Sync;

/// <summary>The rows of one answer, where they lie in its bytes.</summary>
/// <param name="Rows">Each a JSON object.</param>
/// <param name="Values">Of each row, the values of <see cref="CollectionPlan.Read"/>: first those of the key, if it has one.</param>
/// <param name="KeyColumns">How many of them are the key.</param>
internal sealed record RowPage(byte[] Answer, IReadOnlyList<Range> Rows, IReadOnlyList<JsonElement[]> Values, int KeyColumns)
{
    private const int MetadataTag = 34, RemoteIdTag = 10, ResourceTag = 18, ObjectTag = 10;

    /// <exception cref="NdcException">It is no answer to a query, or a row lacks its key.</exception>
    public static RowPage Read(byte[] answer, CollectionPlan plan)
    {
        try
        {
            return ReadRows(answer, plan) ?? throw new NdcException(new(
                NdcFaults.BadAnswer, $"The connector's answer to the query of {plan.Collection} is not one row set with rows.", 200, Excerpt: Text(answer)));
        }
        catch (JsonException)
        {
            // It says what is wrong.
            NdcClient.Read<JsonElement>(answer, "POST /query");
            throw;
        }
    }

    /// <summary>As Ingest takes them: a <c>platform.objects.v1.ObjectPage</c>.</summary>
    public byte[] ToObjects(string collection)
    {
        var name = Encoding.UTF8.GetBytes(collection);
        var buffer = new ArrayBufferWriter<byte>(Answer.Length + (Rows.Count * 64));
        for (var i = 0; i < Rows.Count; i++)
        {
            var row = Answer.AsSpan(Rows[i]);
            var id = RemoteId(Values[i].AsSpan(0, KeyColumns), row);
            Tag(buffer, ObjectTag, Size(id.Length) + Size(name.Length) + Size(row.Length));
            Field(buffer, RemoteIdTag, id);
            Field(buffer, ResourceTag, name);
            Field(buffer, MetadataTag, row);
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>One column as its text; several as a JSON array, which no two keys have in common; none: the row's own hash.</summary>
    private static byte[] RemoteId(ReadOnlySpan<JsonElement> key, ReadOnlySpan<byte> row) => key switch
    {
        [] => Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(row))),
        [{ ValueKind: JsonValueKind.String } text] => Encoding.UTF8.GetBytes(text.GetString()!),
        [var one] => Encoding.UTF8.GetBytes(one.GetRawText()),
        _ => JsonSerializer.SerializeToUtf8Bytes(key.ToArray(), NdcJson.Options),
    };

    private static RowPage? ReadRows(byte[] answer, CollectionPlan plan)
    {
        var (rows, values) = (new List<Range>(), new List<JsonElement[]>());
        var columns = plan.Read.Select(Encoding.UTF8.GetBytes).ToArray();
        var reader = new Utf8JsonReader(answer);
        var (found, sets) = (false, 0);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray)
            return null;
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            sets++;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isRows = reader.ValueTextEquals("rows"u8);
                reader.Read();
                if (!isRows || reader.TokenType != JsonTokenType.StartArray)
                {
                    reader.Skip();
                    continue;
                }

                found = true;
                while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
                    ReadRow(ref reader, columns, plan, rows, values);
                if (reader.TokenType != JsonTokenType.EndArray)
                    return null;
            }
        }

        if (reader.TokenType != JsonTokenType.EndArray || !found || sets != 1)
            return null;
        // Nothing may follow; the reader says so.
        reader.Read();
        return new(answer, rows, values, plan.Key.Count);
    }

    private static void ReadRow(ref Utf8JsonReader reader, byte[][] columns, CollectionPlan plan, List<Range> rows, List<JsonElement[]> values)
    {
        var start = (int)reader.TokenStartIndex;
        var read = columns.Length == 0 ? [] : new JsonElement[columns.Length];
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var column = -1;
            for (var i = 0; i < columns.Length && column < 0; i++)
                if (reader.ValueTextEquals(columns[i]))
                    column = i;
            reader.Read();
            if (column >= 0)
                read[column] = JsonElement.ParseValue(ref reader);
            else
                reader.Skip();
        }

        var missing = Array.FindIndex(read, v => v.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null or JsonValueKind.Object or JsonValueKind.Array);
        if (missing >= 0)
            throw new NdcException(new(
                NdcFaults.BadAnswer, $"A row of {plan.Collection} has no value of {plan.Read[missing]}, which {(missing < plan.Key.Count ? "is said to tell its rows apart" : "is said not to be null")}.", 200, Excerpt: Text(reader.ValueSpan)));
        rows.Add(start..(int)reader.BytesConsumed);
        values.Add(read);
    }

    // Of a field with a tag of one byte.
    private static int Size(int length) => 1 + CodedOutputStream.ComputeLengthSize(length) + length;

    private static void Field(ArrayBufferWriter<byte> buffer, int tag, ReadOnlySpan<byte> bytes)
    {
        Tag(buffer, tag, bytes.Length);
        buffer.Write(bytes);
    }

    private static void Tag(ArrayBufferWriter<byte> buffer, int tag, int length)
    {
        var span = buffer.GetSpan(6);
        span[0] = (byte)tag;
        var at = 1;
        for (var rest = (uint)length; ; rest >>= 7)
        {
            span[at++] = (byte)(rest < 0x80 ? rest : (rest & 0x7F) | 0x80);
            if (rest < 0x80)
                break;
        }

        buffer.Advance(at);
    }

    private static string? Text(ReadOnlySpan<byte> bytes) => bytes.IsEmpty ? null : Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, 2048)]);
}
