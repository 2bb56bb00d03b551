using Platform.Cli.Api;

namespace Platform.Cli.Local;

/// <summary>A platform on this machine whose processes run while its gateway does not answer: it has ended, and another start is needed.</summary>
internal static class GoneGateway
{
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(5);

    /// <returns>Null: none runs on this data, or its gateway answers.</returns>
    public static async Task<PlatformState?> FindAsync(string? data, CancellationToken cancel)
    {
        if (Running(data) is not { } running) return null;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(AnswerWithin);
        try
        {
            using var api = new ApiClient(new Settings(running.Url, null));
            await api.DateAsync("/alive", deadline.Token);
            return null;
        }
        catch (ApiException)
        {
            return null;
        }
        catch (Exception e) when (e is CliException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return running;
        }
    }

    /// <summary>What to do where nothing answers at the address; null: no platform on this data should.</summary>
    /// <param name="data">Null: the checkout's.</param>
    public static string? Remedy(string url, string? data = null)
    {
        data ??= DefaultData();
        if (Running(data) is not { } running || !Settings.IsSame(running.Url, url)) return null;
        var where = data == DefaultData() ? "" : $" --data {data}";
        return $"Unless it is just starting: ./platform down{where}, then ./platform up{where}. Why it ended is in {Path.Combine(data!, "apphost.log")}.";
    }

    private static string? DefaultData() => DataDirectory.FindRoot() is null ? null : DataDirectory.Default();

    private static PlatformState? Running(string? data)
    {
        try
        {
            return data is not null && PlatformState.Load(data) is { Owner.IsAlive: true } running ? running : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Of another user.
            return null;
        }
    }
}
