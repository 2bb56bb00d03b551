namespace Platform.Benchmarks;

/// <summary>Interleaved rounds: what disturbs the machine for a while disturbs all contestants alike.</summary>
internal static class Rounds
{
    /// <returns>For each contestant, in their order, what it gave in each round.</returns>
    public static async Task<IReadOnlyList<IReadOnlyList<TSample>>> RunAsync<T, TSample>(
        Plan plan, IReadOnlyList<T> contestants, Func<T, Task> warmUp, Func<T, Task<TSample>> sample)
    {
        var samples = contestants.Select(_ => new List<TSample>()).ToArray();
        foreach (var contestant in contestants)
            await warmUp(contestant);
        for (var round = 0; round < plan.Rounds; round++)
        {
            foreach (var index in Turn([.. Enumerable.Range(0, contestants.Count)], round))
                samples[index].Add(await sample(contestants[index]));
        }

        return samples;
    }

    /// <summary>Each round begins with another contestant, so that none always follows the same neighbour's end.</summary>
    public static IEnumerable<T> Turn<T>(IReadOnlyList<T> contestants, int round) =>
        Enumerable.Range(0, contestants.Count).Select(turn => contestants[(round + turn) % contestants.Count]);
}

/// <summary>Things that end together, the last first.</summary>
internal sealed class Disposables<T> : IAsyncDisposable
    where T : IAsyncDisposable
{
    private readonly List<T> items = [];

    public IReadOnlyList<T> Items => items;

    public void Add(T item) => items.Add(item);

    public async ValueTask DisposeAsync()
    {
        foreach (var item in Enumerable.Reverse(items))
            await item.DisposeAsync();
    }
}

/// <summary>What goes on, on standard error.</summary>
internal static class Progress
{
    public static void Say(string text) => Console.Error.WriteLine($"  {text}…");
}
