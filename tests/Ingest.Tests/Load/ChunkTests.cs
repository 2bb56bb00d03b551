using System.Text;
using Google.Protobuf;
using Platform.Ingest.Load;
using PageObject = Platform.Objects.V1.Object;

namespace Platform.Ingest.Tests.Load;

public sealed class ChunkTests
{
    private const int MaxObjectBytes = 4096;

    [Fact]
    public void The_last_of_equal_keys_wins_and_the_others_count_as_superseded_on_their_own_page()
    {
        QueuedPage[] pages = [Page("", Pages.Object("a", "1"), Pages.Object("b", "1"), Pages.Object("a", "2")), Page("", Pages.Object("b", "2"))];
        var (kept, tallies) = Cut(pages, rows: 100);
        Assert.Equal([("", "a", "2"), ("", "b", "2")], kept);
        Assert.Equal((3, 2), (tallies[0].Received, tallies[0].Superseded));
        Assert.Equal((1, 0), (tallies[1].Received, tallies[1].Superseded));
    }

    [Fact]
    public void The_same_key_in_two_streams_is_two_objects()
    {
        var (kept, _) = Cut([Page("x", Pages.Object("a", "1")), Page("y", Pages.Object("a", "2"))], rows: 100);
        Assert.Equal([("x", "a", "1"), ("y", "a", "2")], kept);
    }

    [Theory]
    [InlineData("", "ok", RejectReason.EmptyKey)]
    [InlineData("a\0b", "ok", RejectReason.NulCharacter)]
    [InlineData("a", "\0", RejectReason.NulCharacter)]
    public void What_the_table_can_not_hold_is_rejected_with_the_reason(string remoteId, string metadata, string reason) =>
        Assert.Equal(reason, ReasonOf(Pages.Object(remoteId, metadata)));

    [Fact]
    public void Invalid_utf8_in_any_field_is_rejected()
    {
        foreach (var bad in new byte[][] { [0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82] })
        {
            var text = ByteString.CopyFrom(bad);
            Assert.Equal(RejectReason.InvalidUtf8, ReasonOf(new() { RemoteId = text }));
            Assert.Equal(RejectReason.InvalidUtf8, ReasonOf(new(Pages.Object("a")) { ResourceName = text }));
            Assert.Equal(RejectReason.InvalidUtf8, ReasonOf(new(Pages.Object("a")) { Uri = text }));
            Assert.Equal(RejectReason.InvalidUtf8, ReasonOf(new(Pages.Object("a")) { Metadata = text }));
        }
    }

    [Fact]
    public void A_key_of_2048_bytes_is_stored_and_one_of_2049_is_rejected()
    {
        Assert.Null(ReasonOf(new() { RemoteId = ByteString.CopyFromUtf8(new string('k', 1024) + new string('é', 512)) }));
        Assert.Equal(RejectReason.KeyTooLong, ReasonOf(new() { RemoteId = ByteString.CopyFromUtf8(new string('k', 2049)) }));
    }

    [Fact]
    public void An_object_over_the_size_limit_is_rejected() =>
        Assert.Equal(RejectReason.TooLarge, ReasonOf(Pages.Object("a", new string('x', MaxObjectBytes))));

    [Fact]
    public void Every_object_is_kept_superseded_or_rejected_whatever_the_size_of_the_chunks()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var model = new Dictionary<(string, string), string>();
            var pages = Enumerable.Range(0, random.Next(1, 5)).Select(p =>
            {
                var stream = random.Next(2) == 0 ? "" : "s";
                return Page(stream, [.. Enumerable.Range(0, random.Next(20)).Select(i =>
                {
                    var key = random.Next(8) == 0 ? "" : $"key-{random.Next(12)}";
                    var metadata = $"{p}/{i}";
                    if (key.Length > 0)
                        model[(stream, key)] = metadata;
                    return Pages.Object(key, metadata);
                })]);
            }).ToArray();

            var (kept, tallies) = Cut(pages, rows: random.Next(1, 30));
            var sum = new Tally();
            foreach (var tally in tallies)
                sum.Add(tally);
            Assert.Equal(pages.Sum(p => p.Objects), sum.Received);
            Assert.Equal(sum.Received, kept.Count + sum.Superseded + sum.Rejected);
            // Chunks are written one after the other: what stands at the end is the last of each key.
            var written = new Dictionary<(string, string), string>();
            foreach (var (stream, key, metadata) in kept)
                written[(stream, key)] = metadata;
            Assert.True(model.Count == written.Count && model.All(m => written[m.Key] == m.Value), $"seed {seed}");
        }
    }

    private static string? ReasonOf(PageObject item)
    {
        var page = Pages.Encode(item);
        Assert.True(new ObjectPageReader(page).Next(out var fields));
        return RejectReason.Of(page, fields, MaxObjectBytes);
    }

    private static QueuedPage Page(string stream, params PageObject[] objects) => new(1, stream, Pages.Encode(objects), objects.Length, Flush: false);

    private static (List<(string Stream, string Key, string Metadata)> Kept, Tally[] Tallies) Cut(QueuedPage[] pages, int rows)
    {
        var tallies = new Tally[pages.Length];
        var kept = new List<(string, string, string)>();
        foreach (var chunk in new Batch(pages, new() { BatchRows = rows, MaxObjectBytes = MaxObjectBytes }, new()).Chunks())
        {
            Assert.InRange(chunk.Objects.Count + chunk.Rejects.Count, 1, rows);
            chunk.AddDecided(tallies);
            foreach (var (page, _, fields, _) in chunk.Objects.Where(each => each.Operation != Operation.Look))
            {
                var bytes = pages[page].Bytes.Span;
                kept.Add((pages[page].Stream, Encoding.UTF8.GetString(fields.RemoteId.Of(bytes)), Encoding.UTF8.GetString(fields.Metadata.Of(bytes))));
            }
        }

        return (kept, tallies);
    }
}
