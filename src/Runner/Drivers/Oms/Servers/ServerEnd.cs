namespace Platform.Runner.Drivers.Oms.Servers;

/// <summary>A service's own way to end.</summary>
internal static class ServerEnd
{
    private const long MaxOutputBytes = 64 * 1024;

    /// <summary>Runs its shutdown command. Whatever comes of it, the service is ended afterwards.</summary>
    public static async Task ShutDownAsync(OmsServer server, IReadOnlyList<string> command, int seconds, CancellationToken hurry)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(hurry);
        limit.CancelAfter(TimeSpan.FromSeconds(seconds));
        try
        {
            await server.ExecuteAsync(command, MaxOutputBytes, limit.Token);
        }
        catch (Exception e) when (e is RunFaultException or OperationCanceledException or ServiceDefaults.ProblemException)
        {
            // It took too long, or could not be run.
        }
    }
}
