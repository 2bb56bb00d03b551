using Platform.Ingest.Load;

namespace Platform.Ingest.Tests.Load;

public sealed class SeenSetTests
{
    [Fact]
    public void What_is_encoded_is_marked_and_nothing_else()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var range = random.Next(2) == 0 ? 300 : 3_000_000;
            var ordinals = Enumerable.Range(0, random.Next(200)).Select(_ => 1 + random.NextInt64(range)).ToHashSet();
            var first = random.NextInt64(1, range);
            var bits = new byte[random.Next(1, 2000)];
            SeenSet.Mark(SeenSet.Encode([.. ordinals]), bits, first);
            for (var bit = 0; bit < bits.Length * 8; bit++)
                Assert.True(((bits[bit / 8] >> (bit % 8)) & 1) == (ordinals.Contains(first + bit) ? 1 : 0), $"seed {seed}, bit {bit}");
        }
    }

    [Fact]
    public void Far_ordinals_take_no_room_for_what_lies_between() =>
        Assert.True(SeenSet.Encode([1, 1L << 40, (1L << 40) + 1]).Length <= 8);
}
