using System.Globalization;
using Google.Protobuf;
using PageObject = Platform.Objects.V1.Object;

namespace Platform.Ingest.Tests.Model;

/// <summary>Pages over a few keys and contents, so that they meet: duplicates, repetitions, deletes of what is not there, rejects of every kind.</summary>
internal sealed class RandomPages
{
    private static readonly string[] Names = ["", "a", "b/ü"];

    // JSON, what only looks like it, what PostgreSQL refuses as jsonb although it is JSON, and bytes that are easily spoilt.
    private static readonly string[] Contents =
        ["{}", "{\"a\": 1}", "{ \"a\":1,\r\n\"a\":2 }", "[1, 2.50, \"é\"]", "", "plain text", "{\"a\":\"\\u0000\"}", "null", "\ufeff{}", "\"\\ud800\"", "e\u0301 \u0001\u007f\u2028 \U0001F600", "1e400"];

    private readonly Random _random;
    private readonly int _maxObjectBytes;
    private readonly int _keys;
    private readonly int _largest;

    public RandomPages(Random random, int maxObjectBytes)
    {
        (_random, _maxObjectBytes) = (random, maxObjectBytes);
        Streams = Names[..(1 + random.Next(Names.Length))];
        // Mostly few, so that they meet often; sometimes enough for the delete guard, or for more than one event a transaction.
        (_keys, _largest) = random.Next(50) switch
        {
            < 20 => (8, 10),
            < 35 => (30, 40),
            < 49 => (130, 100),
            _ => (1_200, 800),
        };
    }

    public IReadOnlyList<string> Streams { get; }

    public SentPage Next()
    {
        var stream = Streams[_random.Next(Streams.Count)];
        var deletes = _random.Next(6) == 0;
        var objects = new List<PageObject>();
        var rejects = _random.Next(8) == 0;
        var whole = !deletes && _random.Next(5) == 0;
        var count = whole ? _keys : _random.Next(1 + _random.Next(_largest));
        var content = _random.Next(3) == 0 ? Contents[_random.Next(Contents.Length)] : null;
        for (var i = 0; i < count; i++)
            objects.Add(rejects && _random.Next(3) == 0 ? Reject() : Object(whole ? i : _random.Next(_keys), content ?? Contents[_random.Next(Contents.Length)]));
        var state = _random.Next(3) == 0 ? Bytes(_random.Next(40)) : null;
        return new(stream, objects, deletes, state, _random.Next(3) == 0);
    }

    private static PageObject Object(int key, string content) => Pages.Object(Key(key), content);

    // Upper and lower case, letters of several bytes, and one key that begins another.
    private static string Key(int key) => (key % 5) switch
    {
        0 => $"K{key}",
        1 => $"k{key}",
        2 => $"ключ {key}",
        3 => $"k{key}/%_",
        _ => key.ToString(CultureInfo.InvariantCulture),
    };

    private PageObject Reject()
    {
        var known = Object(_random.Next(_keys), "{}");
        switch (_random.Next(7))
        {
            case 0: known.RemoteId = ByteString.Empty; break;
            case 1: known.RemoteId = ByteString.CopyFromUtf8(new string('k', Storable.MaxKeyBytes + 1)); break;
            case 2: known.RemoteId = ByteString.CopyFrom(0x6b, 0xff); break;
            case 3: known.RemoteId = ByteString.CopyFromUtf8("k\0"); break;
            case 4: known.Metadata = ByteString.CopyFromUtf8("a\0b"); break;
            case 5: known.Uri = ByteString.CopyFrom(0xc3, 0x28); break;
            default: known.Metadata = ByteString.CopyFromUtf8(new string('x', _maxObjectBytes)); break;
        }

        return known;
    }

    private byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        _random.NextBytes(bytes);
        return bytes;
    }
}
