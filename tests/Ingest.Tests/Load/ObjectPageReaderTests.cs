using Google.Protobuf;
using Platform.Ingest.Load;
using Platform.Objects.V1;
using PageObject = Platform.Objects.V1.Object;

namespace Platform.Ingest.Tests.Load;

public sealed class ObjectPageReaderTests
{
    [Fact]
    public void An_empty_page_has_no_objects() => Assert.Equal(0, ObjectPageReader.Count([]));

    [Fact]
    public void Fields_are_found_where_they_lie()
    {
        var page = Pages.Encode(new PageObject { RemoteId = ByteString.CopyFromUtf8("a"), Metadata = ByteString.CopyFromUtf8("{}") }, new PageObject());
        var reader = new ObjectPageReader(page);
        Assert.True(reader.Next(out var first));
        Assert.Equal("a"u8, first.RemoteId.Of(page));
        Assert.Equal(0, first.Uri.Length);
        Assert.Equal("{}"u8, first.Metadata.Of(page));
        Assert.True(reader.Next(out var second));
        Assert.Equal(0, second.Whole.Length);
        Assert.False(reader.Next(out _));
    }

    [Theory]
    [InlineData(new byte[] { 0x0a }, "the end within a number at byte 1")]
    [InlineData(new byte[] { 0x0a, 5, 1 }, "a length past the end at byte 1")]
    [InlineData(new byte[] { 0x0a, 2, 0x0a, 1 }, "a length past the end at byte 3")]
    [InlineData(new byte[] { 0 }, "field number 0 at byte 0")]
    [InlineData(new byte[] { 0x0f }, "an unknown wire type at byte 1")]
    [InlineData(new byte[] { 0x13 }, "the end within a number at byte 1")]
    [InlineData(new byte[] { 0x14 }, "the end of a group that did not start at byte 1")]
    [InlineData(new byte[] { 0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1 }, "a number of more than ten bytes at byte 1")]
    public void Malformed_bytes_are_refused_with_their_position(byte[] page, string what)
    {
        var error = Assert.Throws<MalformedPageException>(() => ObjectPageReader.Count(page));
        Assert.StartsWith(what, error.Message);
    }

    [Fact]
    public void Unknown_fields_and_groups_are_skipped_and_the_last_of_a_repeated_field_wins()
    {
        byte[] item = [.. Field(9, "x"u8), .. Field(1, "old"u8), 0x13, 0x08, 0x01, 0x14, .. Field(1, "new"u8), 0x1d, 1, 2, 3, 4];
        byte[] page = [0x10, 0x01, .. Field(1, item)];
        Assert.True(new ObjectPageReader(page).Next(out var fields));
        Assert.Equal("new"u8, fields.RemoteId.Of(page));
    }

    [Fact]
    public void The_reader_agrees_with_the_generated_parser_on_whatever_bytes_come()
    {
        var (valid, malformed) = (0, 0);
        for (var seed = 0; seed < 30_000; seed++)
        {
            var page = Mutate(new Random(seed));
            var expected = Parse(page);
            var actual = Read(page);
            if (expected is null)
                malformed++;
            else
                valid++;
            Assert.True(
                expected is null == actual is null && (expected is null || expected.SequenceEqual(actual!)),
                $"seed {seed}: generated parser says {expected?.Count.ToString() ?? "malformed"}, reader {actual?.Count.ToString() ?? "malformed"}: {Convert.ToHexString(page)}");
        }

        // Both kinds are covered.
        Assert.True(valid > 3_000 && malformed > 3_000, $"{valid} valid, {malformed} malformed");
    }

    private static byte[] Mutate(Random random)
    {
        var objects = Enumerable.Range(0, random.Next(4)).Select(_ => new PageObject
        {
            RemoteId = Bytes(random, 6),
            ResourceName = Bytes(random, 3),
            Uri = Bytes(random, 3),
            Metadata = Bytes(random, random.Next(10) == 0 ? 300 : 5),
        });
        var page = Pages.Encode([.. objects]).ToList();
        for (var changes = random.Next(4); changes > 0; changes--)
        {
            var at = random.Next(page.Count + 1);
            switch (random.Next(4))
            {
                case 0 when at < page.Count: page[at] = (byte)random.Next(256); break;
                case 1: page.Insert(at, (byte)random.Next(48)); break;
                case 2 when at < page.Count: page.RemoveAt(at); break;
                default: page.InsertRange(at, Field((uint)random.Next(1, 7), Bytes(random, 4).Span)); break;
            }
        }

        return [.. page];
    }

    private static ByteString Bytes(Random random, int max)
    {
        var bytes = new byte[random.Next(max + 1)];
        random.NextBytes(bytes);
        return ByteString.CopyFrom(bytes);
    }

    private static byte[] Field(uint number, ReadOnlySpan<byte> value) => [(byte)((number << 3) | 2), (byte)value.Length, .. value];

    private static List<(string, string, string, string)>? Parse(byte[] page)
    {
        try
        {
            return [.. ObjectPage.Parser.ParseFrom(page).Objects.Select(o => (Hex(o.RemoteId.Span), Hex(o.ResourceName.Span), Hex(o.Uri.Span), Hex(o.Metadata.Span)))];
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    private static List<(string, string, string, string)>? Read(byte[] page)
    {
        try
        {
            var found = new List<(string, string, string, string)>();
            var reader = new ObjectPageReader(page);
            while (reader.Next(out var f))
                found.Add((Hex(f.RemoteId.Of(page)), Hex(f.ResourceName.Of(page)), Hex(f.Uri.Of(page)), Hex(f.Metadata.Of(page))));
            return found;
        }
        catch (MalformedPageException)
        {
            return null;
        }
    }

    private static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexString(bytes);
}
