using System.Globalization;
using System.Text;

namespace Grpc.Core.Internal;

// The text forms of the gRPC over HTTP/2 protocol (grpc/doc/PROTOCOL-HTTP2.md).
internal static class WireFormat
{
    public const string ContentType = "application/grpc";
    public const string Identity = "identity";
    public const string StatusHeader = "grpc-status";
    public const string MessageHeader = "grpc-message";
    public const string EncodingHeader = "grpc-encoding";
    public const string AcceptEncodingHeader = "grpc-accept-encoding";
    public const string TimeoutHeader = "grpc-timeout";

    // Never sent: metadata with this key asks the library to compress a call's messages.
    public const string EncodingRequestHeader = "grpc-internal-encoding-request";

    private const string HexDigits = "0123456789ABCDEF";
    private const long MaxTimeout = 99_999_999;

    private static readonly HashSet<string> Reserved = new(StringComparer.OrdinalIgnoreCase)
    {
        StatusHeader, MessageHeader, EncodingHeader, AcceptEncodingHeader, TimeoutHeader, EncodingRequestHeader, "content-type", "te", "host", "accept-encoding",
    };

    // application/grpc, application/grpc+proto, application/grpc; charset=… but not application/grpc-web.
    public static bool IsGrpc(string? contentType) =>
        contentType is not null
        && contentType.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase)
        && (contentType.Length == ContentType.Length || contentType[ContentType.Length] is '+' or ';');

    public static string FormatTimeout(TimeSpan timeout)
    {
        // Rounded up: the other side must not give up before this one does. An elapsed deadline still needs a positive number.
        var ticks = Math.Max(timeout.Ticks, 1);
        foreach (var (unit, size) in Units)
        {
            var value = (ticks / size) + (ticks % size == 0 ? 0 : 1);
            if (value <= MaxTimeout)
                return value.ToString(CultureInfo.InvariantCulture) + unit;
        }

        return MaxTimeout.ToString(CultureInfo.InvariantCulture) + "H";
    }

    public static bool TryParseTimeout(string? text, out TimeSpan timeout)
    {
        timeout = default;
        if (text is null || text.Length is < 2 or > 9 || !long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var value))
            return false;

        // The largest number of hours is eleven thousand years, which still fits.
        var ticks = text[^1] switch
        {
            'n' => value / TimeSpan.NanosecondsPerTick,
            'u' => value * TimeSpan.TicksPerMicrosecond,
            'm' => value * TimeSpan.TicksPerMillisecond,
            'S' => value * TimeSpan.TicksPerSecond,
            'M' => value * TimeSpan.TicksPerMinute,
            'H' => value * TimeSpan.TicksPerHour,
            _ => -1,
        };
        timeout = TimeSpan.FromTicks(Math.Max(ticks, 0));
        return ticks >= 0;
    }

    public static string EncodeMessage(string message)
    {
        if (message.All(character => character is >= ' ' and <= '~' and not '%'))
            return message;

        var text = new StringBuilder(message.Length + 16);
        foreach (var value in Encoding.UTF8.GetBytes(message))
        {
            if (value is >= (byte)' ' and <= (byte)'~' and not (byte)'%')
                text.Append((char)value);
            else
                text.Append('%').Append(HexDigits[value >> 4]).Append(HexDigits[value & 0xF]);
        }

        return text.ToString();
    }

    // What is not an escape stays as it is: a message is for people, a bad one must not cost the status.
    public static string DecodeMessage(string text)
    {
        if (!text.Contains('%'))
            return text;

        var source = Encoding.UTF8.GetBytes(text);
        var length = 0;
        for (var index = 0; index < source.Length; index++)
        {
            if (source[index] == '%' && index + 2 < source.Length && char.IsAsciiHexDigit((char)source[index + 1]) && char.IsAsciiHexDigit((char)source[index + 2]))
            {
                source[length++] = byte.Parse(source.AsSpan(index + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
                index += 2;
            }
            else
            {
                source[length++] = source[index];
            }
        }

        return Encoding.UTF8.GetString(source, 0, length);
    }

    public static string HeaderValue(Metadata.Entry entry) =>
        entry.IsBinary ? Convert.ToBase64String(entry.Bytes).TrimEnd('=') : entry.Value;

    public static bool IsReserved(string name) => Reserved.Contains(name);

    // Headers that are no metadata (reserved, or with a name or value that metadata cannot carry) are left out.
    public static void AddTo(Metadata metadata, string name, string value)
    {
        if (IsReserved(name) || name.StartsWith(':') || name.Any(character => !char.IsAsciiLetterOrDigit(character) && character is not ('-' or '_' or '.')))
            return;

        if (!Metadata.Entry.IsBinaryKey(name))
        {
            metadata.Add(name, value);
            return;
        }

        // Several values of one binary key may come joined by commas, each with or without its padding.
        foreach (var part in value.Split(',', StringSplitOptions.TrimEntries))
        {
            var bytes = new byte[part.Length];
            if (Convert.TryFromBase64String(part.TrimEnd('=') + "===="[..((4 - (part.TrimEnd('=').Length % 4)) % 4)], bytes, out var length))
                metadata.Add(name, bytes[..length]);
        }
    }

    private static readonly (char Unit, long Size)[] Units =
    [
        ('u', TimeSpan.TicksPerMicrosecond), ('m', TimeSpan.TicksPerMillisecond), ('S', TimeSpan.TicksPerSecond), ('M', TimeSpan.TicksPerMinute), ('H', TimeSpan.TicksPerHour),
    ];
}
