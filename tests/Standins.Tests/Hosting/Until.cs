using System.Diagnostics;

namespace Platform.Standins.Tests.Hosting;

internal static class Until
{
    /// <summary>A busy machine needs its time to start two servers and to end them.</summary>
    internal static readonly TimeSpan Started = TimeSpan.FromMinutes(3);
    internal static readonly TimeSpan Ended = TimeSpan.FromSeconds(60);

    internal static async Task TrueAsync(Func<bool> condition, TimeSpan timeout, Func<string> otherwise)
    {
        var waited = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(waited.Elapsed < timeout, $"Not within {timeout}: {otherwise()}");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }
}
