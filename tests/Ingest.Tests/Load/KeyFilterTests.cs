using System.Text;
using Platform.Ingest.Load;

namespace Platform.Ingest.Tests.Load;

public sealed class KeyFilterTests
{
    [Fact]
    public void A_key_that_was_added_is_never_called_absent_and_others_mostly_are()
    {
        const int Keys = 300_000;
        var filter = new KeyFilter();
        for (var i = 0; i < Keys; i++)
            filter.Add("s"u8, Key(i));
        Assert.All(Enumerable.Range(0, Keys), i => Assert.False(filter.IsSurelyAbsent("s"u8, Key(i))));
        Assert.InRange(Enumerable.Range(Keys, Keys).Count(i => !filter.IsSurelyAbsent("s"u8, Key(i))), 0, Keys / 50);
        Assert.InRange(Enumerable.Range(0, Keys).Count(i => !filter.IsSurelyAbsent("t"u8, Key(i))), 0, Keys / 50);
    }

    [Fact]
    public void An_empty_one_calls_everything_absent() => Assert.True(new KeyFilter().IsSurelyAbsent(""u8, "a"u8));

    [Fact]
    public void A_full_one_calls_nothing_absent()
    {
        var filter = new KeyFilter(maxBytes: 200_000);
        for (var i = 0; i < 100_000; i++)
            filter.Add(""u8, Key(i));
        Assert.True(filter.IsFull);
        Assert.False(filter.IsSurelyAbsent(""u8, Key(-1)));
    }

    private static byte[] Key(int i) => Encoding.UTF8.GetBytes($"documents/{i}");
}
