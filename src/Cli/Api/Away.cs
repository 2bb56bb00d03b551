namespace Platform.Cli.Api;

/// <summary>A gateway, or what stands behind it, that is away for a while: whoever follows something waits for it, and says so once.</summary>
/// <param name="atMost">Null: until Ctrl-C.</param>
internal sealed class Away(Screen screen, TimeSpan? atMost)
{
    /// <summary>For what goes on without its follower, who can come again.</summary>
    public static readonly TimeSpan Usually = TimeSpan.FromSeconds(60);

    private DateTime? since;

    /// <returns>False: it is another failure, or has been so for too long.</returns>
    public bool Endures(Exception e)
    {
        if (!IsPassing(e)) return false;
        if (since is null) screen.Note($"The gateway does not answer; waiting for it{(atMost is { } limit ? $", {limit.TotalSeconds:0} s at most" : " until Ctrl-C")}.");
        since ??= DateTime.UtcNow;
        return atMost is null || DateTime.UtcNow - since < atMost;
    }

    public void IsOver()
    {
        if (since is not null) screen.Note("It answers again.");
        since = null;
    }

    public static bool IsPassing(Exception e) => e is CliException { ExitCode: ExitCode.NotReachable } or ApiException { Status: 502 or 503 };
}
