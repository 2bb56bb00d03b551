using System.Buffers.Binary;
using System.IO.Compression;
using FsCheck;
using FsCheck.Fluent;
using Grpc.Core;

namespace Platform.Standins.Tests.Grpc.Fuzzing;

// What a peer may send as the body of a call: good frames, frames that lie about themselves, and noise, in pieces of any size.
internal sealed record FrameBytes(byte[] Bytes, int[] Pieces, bool Gzip, int Limit)
{
    public static Gen<FrameBytes> Generator { get; } =
        from frames in Gen.ListOf(Gen.Frequency((6, Good), (3, Packed), (1, Lying), (1, Fuzz.Bytes(12))), 3)
        from cut in Gen.Frequency((3, Gen.Constant(0)), (1, Gen.Choose(1, 8)))
        from pieces in Gen.NonEmptyListOf(Gen.Choose(1, 40))
        from gzip in Gen.Elements(true, true, false)
        from limit in Gen.Elements(30, 400, 4_000_000)
        let whole = frames.SelectMany(frame => frame).ToArray()
        select new FrameBytes(whole[..Math.Max(0, whole.Length - cut)], [.. pieces], gzip, limit);

    private static Gen<byte[]> Good => Fuzz.Bytes(60).Select(payload => RawRequest.Frame(payload));

    private static Gen<byte[]> Packed =>
        from payload in Fuzz.Bytes(60)
        from times in Gen.Elements(1, 1, 100)
        from broken in Gen.Frequency((3, Gen.Constant(-1)), (1, Gen.Choose(0, 30)))
        select RawRequest.Frame(Break(Pack(payload, times), broken), compressed: true);

    private static Gen<byte[]> Lying =>
        from payload in Fuzz.Bytes(20)
        from flag in Gen.Choose(0, 255)
        from length in Gen.OneOf(Gen.Choose(0, 40), Gen.Elements(int.MaxValue, int.MinValue, -1))
        select (byte[])[(byte)flag, .. RawRequest.Frame(payload, length: length)[1..]];

    public override string ToString() => $"{Convert.ToHexString(Bytes)} in pieces of {string.Join(',', Pieces)}, gzip {Gzip}, limit {Limit}";

    // What the protocol asks for, said as plainly as it can be: the messages before the end, and the end's status (null: a clean end).
    // Two where it is a matter of buffers whether a broken message is seen to be broken or too large first.
    public (List<byte[]> Messages, StatusCode?[] Statuses) Expected()
    {
        var messages = new List<byte[]>();
        for (var rest = Bytes; rest.Length > 0;)
        {
            if (rest.Length < 5 || rest[0] > 1)
                return (messages, [StatusCode.Internal]);

            var length = BinaryPrimitives.ReadUInt32BigEndian(rest.AsSpan(1));
            if (length > Limit)
                return (messages, [StatusCode.ResourceExhausted]);

            if (rest.Length - 5 < length || (rest[0] == 1 && !Gzip))
                return (messages, [StatusCode.Internal]);

            var payload = rest[5..(5 + (int)length)];
            if (rest[0] == 1)
            {
                var (plain, broken) = Unpack(payload);
                if (broken || plain.Length > Limit)
                    return (messages, [.. broken ? [StatusCode.Internal] : Array.Empty<StatusCode?>(), .. plain.Length > Limit ? [StatusCode.ResourceExhausted] : Array.Empty<StatusCode?>()]);

                payload = plain;
            }

            messages.Add(payload);
            rest = rest[(5 + (int)length)..];
        }

        return (messages, [null]);
    }

    private static byte[] Pack(byte[] payload, int times)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            for (var time = 0; time < times; time++)
                gzip.Write(payload);
        }

        return packed.ToArray();
    }

    private static byte[] Break(byte[] packed, int at)
    {
        if (at >= 0 && at < packed.Length)
            packed[at] ^= 0x5a;

        return packed;
    }

    private static (byte[] Plain, bool Broken) Unpack(byte[] payload)
    {
        using var plain = new MemoryStream();
        try
        {
            using var gzip = new GZipStream(new MemoryStream(payload), CompressionMode.Decompress);

            // A byte at a time: nothing that could be unpacked is lost with what breaks after it.
            for (var value = gzip.ReadByte(); value >= 0; value = gzip.ReadByte())
                plain.WriteByte((byte)value);
        }
        catch (InvalidDataException)
        {
            return (plain.ToArray(), true);
        }

        // A cut input ends without an exception; the length at its end tells.
        var cut = payload.Length > 0 && (payload.Length < 18 || BinaryPrimitives.ReadUInt32LittleEndian(payload.AsSpan(payload.Length - 4)) != plain.Length);
        return (plain.ToArray(), cut);
    }
}
