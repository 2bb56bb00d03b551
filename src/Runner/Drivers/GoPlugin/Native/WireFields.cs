namespace Platform.Runner.Drivers.GoPlugin.Native;

/// <summary>Walks over the length-delimited fields of a protobuf message without decoding what they hold; others are passed over.</summary>
internal struct WireFields(ReadOnlyMemory<byte> message)
{
    private const int Varint = 0, Fixed64 = 1, LengthDelimited = 2, Fixed32 = 5;
    private ReadOnlyMemory<byte> rest = message;

    /// <summary>Of the field that <see cref="Next"/> came to.</summary>
    public int Number { get; private set; }

    public ReadOnlyMemory<byte> Value { get; private set; }

    /// <exception cref="FormatException">It is no protobuf message.</exception>
    public bool Next()
    {
        while (rest.Length > 0)
        {
            var tag = ReadVarint();
            var length = (int)(tag & 7) switch
            {
                Varint => ReadVarint() & 0UL,
                Fixed64 => 8UL,
                LengthDelimited => ReadVarint(),
                Fixed32 => 4UL,
                _ => ulong.MaxValue,
            };
            if (length > (ulong)rest.Length)
                throw new FormatException("it ends within a field");
            Value = rest[..(int)length];
            rest = rest[(int)length..];
            if ((tag & 7) != LengthDelimited)
                continue;
            Number = (int)(tag >> 3);
            return true;
        }

        return false;
    }

    private ulong ReadVarint()
    {
        ulong value = 0;
        var bytes = rest.Span;
        for (var i = 0; i < bytes.Length && i < 10; i++)
        {
            value |= (ulong)(bytes[i] & 0x7F) << (7 * i);
            if (bytes[i] < 0x80)
            {
                rest = rest[(i + 1)..];
                return value;
            }
        }

        throw new FormatException("a number in it has no end");
    }
}
