namespace Platform.Tests;

/// <summary>How long a test waits for what should happen much sooner.</summary>
internal static class Limits
{
    public static readonly TimeSpan Start = TimeSpan.FromSeconds(120);
    public static readonly TimeSpan Stop = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan Install = TimeSpan.FromSeconds(90);
    public static readonly TimeSpan Run = TimeSpan.FromSeconds(60);
    public static readonly TimeSpan Command = TimeSpan.FromSeconds(180);
    public static readonly TimeSpan Event = TimeSpan.FromSeconds(15);
    public static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    /// <summary>Asks again and again until the answer is there; fails with what was waited for.</summary>
    public static async Task<T> UntilAsync<T>(string what, TimeSpan limit, Func<Task<T?>> ask) where T : class
    {
        using var timer = new PeriodicTimer(Poll);
        var end = DateTime.UtcNow + limit;
        while (true)
        {
            if (await ask() is { } answer)
                return answer;
            if (DateTime.UtcNow > end)
                throw new TimeoutException($"Waited {limit.TotalSeconds} s for {what}.");
            await timer.WaitForNextTickAsync();
        }
    }
}
