using System.Runtime.InteropServices;

namespace Platform.Ingest.Load;

/// <summary>
/// Remembers every key that a load has put into a connection that had none before, in two bytes a key: says of a key that it is surely
/// not in the table, or that the table must be asked (a Bloom filter, wrong about one absent key in some hundreds). So a first load is a
/// plain COPY. It is right as nobody else writes to the connection while the load holds its fence; where somebody did, the primary key refuses
/// the row, and the batch is done again without the filter.
/// </summary>
internal sealed class KeyFilter
{
    private const int FirstCapacity = 1 << 16;
    private const int Growth = 4;
    private const int BitsPerKey = 16;
    private const int Probes = 4;

    private readonly List<ulong[]> _segments = [];
    private readonly int _maxBytes;
    private int _capacity = FirstCapacity / Growth;
    private int _room;

    /// <param name="maxBytes">Of memory; once they are used up every key is one to ask for.</param>
    public KeyFilter(int maxBytes = 32 << 20) => _maxBytes = maxBytes;

    /// <summary>No more keys can be remembered, so nothing is surely absent.</summary>
    public bool IsFull { get; private set; }

    public bool IsSurelyAbsent(ReadOnlySpan<byte> stream, ReadOnlySpan<byte> remoteId)
    {
        if (IsFull)
            return false;
        var hash = Mix(Mix(0, stream), remoteId);
        foreach (var segment in _segments)
        {
            var missing = false;
            for (var probe = 0; probe < Probes && !missing; probe++)
            {
                var bit = Bit(hash, probe, segment);
                missing = (segment[bit >> 6] & (1UL << (int)bit)) == 0;
            }

            if (!missing)
                return false;
        }

        return true;
    }

    public void Add(ReadOnlySpan<byte> stream, ReadOnlySpan<byte> remoteId)
    {
        if (IsFull || (_room == 0 && !Grow()))
            return;
        _room--;
        var hash = Mix(Mix(0, stream), remoteId);
        var segment = _segments[^1];
        for (var probe = 0; probe < Probes; probe++)
        {
            var bit = Bit(hash, probe, segment);
            segment[bit >> 6] |= 1UL << (int)bit;
        }
    }

    private bool Grow()
    {
        var capacity = (long)_capacity * Growth;
        IsFull = _segments.Sum(segment => (long)segment.Length * sizeof(ulong)) + capacity * BitsPerKey / 8 > _maxBytes;
        if (IsFull)
        {
            _segments.Clear();
            return false;
        }

        _capacity = _room = (int)capacity;
        _segments.Add(new ulong[capacity * BitsPerKey / 64]);
        return true;
    }

    // The lengths of segments are powers of two.
    private static ulong Bit(ulong hash, int probe, ulong[] segment) =>
        (hash + (ulong)probe * ((hash >> 32) | 1)) & ((ulong)segment.Length * 64 - 1);

    // Eight bytes a step. Somebody who knows it can make keys collide, and gets a slower load of his own.
    private static ulong Mix(ulong hash, ReadOnlySpan<byte> bytes)
    {
        hash = (hash ^ (ulong)bytes.Length) * 0x9E3779B97F4A7C15;
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words)
            hash = Step(hash, word);
        ulong last = 0;
        foreach (var b in bytes[(words.Length * sizeof(ulong))..])
            last = (last << 8) | b;
        return Step(hash, last);
    }

    private static ulong Step(ulong hash, ulong word)
    {
        hash = (hash ^ word) * 0x9E3779B97F4A7C15;
        return hash ^ (hash >> 29);
    }
}
