namespace Platform.Ingest.Load;

/// <summary>
/// The ordinals of a table row of <c>seen</c>: sorted, each as its difference to the one before, in LEB128 (seven bits a byte, the lowest first,
/// the highest bit set on all but the last). A batch of 10,000 out of a million takes 2 bytes an object.
/// </summary>
internal static class SeenSet
{
    private const int MaxBytes = 10;

    /// <param name="ordinals">1 or more each; sorted by this call.</param>
    public static byte[] Encode(List<long> ordinals)
    {
        ordinals.Sort();
        var buffer = new byte[ordinals.Count * MaxBytes];
        var (used, before) = (0, 0L);
        foreach (var ordinal in ordinals)
        {
            var difference = (ulong)(ordinal - before);
            before = ordinal;
            for (; difference >= 0x80; difference >>= 7)
                buffer[used++] = (byte)(difference | 0x80);
            buffer[used++] = (byte)difference;
        }

        return buffer[..used];
    }

    /// <summary>Sets the bit of each ordinal; the lowest bit of a byte comes first, as PostgreSQL's <c>get_bit(bytea, bigint)</c> counts.</summary>
    /// <param name="bits">Ordinals outside of them are passed over.</param>
    /// <param name="first">The ordinal of bit 0.</param>
    public static void Mark(ReadOnlySpan<byte> encoded, byte[] bits, long first)
    {
        var (ordinal, at) = (0L, 0);
        while (at < encoded.Length)
        {
            ulong difference = 0;
            var shift = 0;
            byte b;
            do
            {
                b = encoded[at++];
                difference |= (ulong)(b & 0x7f) << shift;
                shift += 7;
            }
            while (b >= 0x80);
            ordinal += (long)difference;
            var bit = ordinal - first;
            if (bit >= 0 && bit >> 3 < bits.Length)
                bits[bit >> 3] |= (byte)(1 << (int)(bit & 7));
        }
    }
}
