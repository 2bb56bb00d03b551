namespace Platform.Ingest.Load;

/// <summary>A part of a page, by position: a page's bytes are never copied before they go to the database.</summary>
internal readonly record struct Slice(int Start, int Length)
{
    public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> page) => page.Slice(Start, Length);

    public ReadOnlyMemory<byte> Of(ReadOnlyMemory<byte> page) => page.Slice(Start, Length);
}

/// <summary>Where an object and its four fields lie in the bytes of their page. An absent field has length 0.</summary>
internal readonly record struct ObjectFields(Slice Whole, Slice RemoteId, Slice ResourceName, Slice Uri, Slice Metadata);

/// <summary>The bytes are not a platform.objects.v1.ObjectPage.</summary>
internal sealed class MalformedPageException(string what, int position)
    : FormatException($"{what} at byte {position.ToString(System.Globalization.CultureInfo.InvariantCulture)} of the page");

/// <summary>
/// Walks over an ObjectPage without building objects: one field at a time, unknown fields skipped, the last of a repeated
/// scalar wins – what a generated parser does, but the strings stay bytes, so that invalid UTF-8 is seen.
/// </summary>
internal ref struct ObjectPageReader(ReadOnlySpan<byte> page, int start = 0)
{
    private const int MaxGroupDepth = 99;
    private const uint ObjectsTag = (1 << 3) | 2;

    private readonly ReadOnlySpan<byte> _page = page;
    private int _position = start;

    /// <summary>Where the next field starts: a reader made with it goes on from there.</summary>
    public readonly int Position => _position;

    /// <summary>Checks a whole page and counts its objects.</summary>
    /// <exception cref="MalformedPageException" />
    public static int Count(ReadOnlySpan<byte> page)
    {
        var reader = new ObjectPageReader(page);
        var count = 0;
        while (reader.Next(out _))
            count++;
        return count;
    }

    /// <exception cref="MalformedPageException" />
    public bool Next(out ObjectFields fields)
    {
        while (_position < _page.Length)
        {
            var tag = ReadTag(_page.Length);
            if (tag != ObjectsTag)
            {
                Skip(tag, _page.Length);
                continue;
            }

            var whole = ReadSlice(_page.Length);
            fields = ReadObject(whole);
            _position = whole.Start + whole.Length;
            return true;
        }

        fields = default;
        return false;
    }

    private ObjectFields ReadObject(Slice whole)
    {
        var end = whole.Start + whole.Length;
        Slice remoteId = default, resourceName = default, uri = default, metadata = default;
        _position = whole.Start;
        while (_position < end)
        {
            var tag = ReadTag(end);
            switch (tag)
            {
                case (1 << 3) | 2: remoteId = ReadSlice(end); break;
                case (2 << 3) | 2: resourceName = ReadSlice(end); break;
                case (3 << 3) | 2: uri = ReadSlice(end); break;
                case (4 << 3) | 2: metadata = ReadSlice(end); break;
                default: Skip(tag, end); break;
            }
        }

        return new(whole, remoteId, resourceName, uri, metadata);
    }

    private uint ReadTag(int end)
    {
        var at = _position;
        var tag = (uint)ReadVarint(end);
        if (tag >> 3 == 0)
            throw new MalformedPageException("field number 0", at);
        return tag;
    }

    private Slice ReadSlice(int end)
    {
        var at = _position;
        var length = (int)ReadVarint(end);
        if (length < 0 || length > end - _position)
            throw new MalformedPageException("a length past the end", at);
        var slice = new Slice(_position, length);
        _position += length;
        return slice;
    }

    private ulong ReadVarint(int end)
    {
        var at = _position;
        ulong value = 0;
        for (var shift = 0; shift < 70; shift += 7)
        {
            if (_position >= end)
                throw new MalformedPageException("the end within a number", at);
            var b = _page[_position++];
            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80)
                return value;
        }

        throw new MalformedPageException("a number of more than ten bytes", at);
    }

    private void Skip(uint tag, int end)
    {
        Stack<uint>? groups = null;
        while (true)
        {
            var at = _position;
            switch (tag & 7)
            {
                case 0: ReadVarint(end); break;
                case 1: SkipBytes(8, end); break;
                case 2: ReadSlice(end); break;
                case 3:
                    groups ??= new();
                    if (groups.Count == MaxGroupDepth)
                        throw new MalformedPageException("groups nested too deep", at);
                    groups.Push(tag >> 3);
                    break;
                case 4:
                    if (groups is not { Count: > 0 } || groups.Pop() != tag >> 3)
                        throw new MalformedPageException("the end of a group that did not start", at);
                    break;
                case 5: SkipBytes(4, end); break;
                default: throw new MalformedPageException("an unknown wire type", at);
            }

            if (groups is not { Count: > 0 })
                return;
            tag = ReadTag(end);
        }
    }

    private void SkipBytes(int count, int end)
    {
        if (count > end - _position)
            throw new MalformedPageException("the end within a number", _position);
        _position += count;
    }
}
