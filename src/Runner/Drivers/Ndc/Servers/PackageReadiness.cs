using Platform.Ndc;

namespace Platform.Runner.Drivers.Ndc.Servers;

/// <summary>Waits until a packaged connector can be asked: its health answers 200, and its capabilities can be read.</summary>
internal static class PackageReadiness
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(2);

    /// <param name="addressOf">Throws when its port was never published, as it ended too early.</param>
    /// <param name="ended">Ends with the container.</param>
    /// <returns>Null: it has ended.</returns>
    /// <exception cref="RunFaultException"><c>connector_not_ready</c>, or <c>bad_answer</c>: it says that it is healthy, and not what it can do.</exception>
    public static async Task<(NdcClient Client, NdcCapabilities Capabilities)?> WaitAsync(
        HttpClient http, Func<Uri> addressOf, string token, Task ended, TimeSpan limit, CancellationToken cancel)
    {
        if (ended.IsCompleted)
            return null;
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        timeout.CancelAfter(limit);
        var address = addressOf();
        // Without a version: which one it has, it says here.
        var asking = new NdcClient(http, address, new(token) { Silence = AnswerLimit });
        var seen = "nothing answers at its port";
        while (!ended.IsCompleted && !timeout.IsCancellationRequested)
        {
            try
            {
                var status = await asking.HealthAsync(timeout.Token);
                seen = $"GET /health answers {status}";
                if (status == 200)
                {
                    var capabilities = await asking.CapabilitiesAsync(timeout.Token);
                    return (new(http, address, new(token, capabilities.IsFirstGeneration ? null : NdcClientOptions.SecondGeneration)), capabilities);
                }
            }
            catch (NdcException e) when (e.Fault.Code is NdcFaults.NotJson or NdcFaults.BadAnswer or NdcFaults.TooLarge && seen != "nothing answers at its port")
            {
                throw NdcServerFaults.BadCapabilities(e.Fault);
            }
            catch (NdcException e)
            {
                // A port that the engine forwards takes connections before anybody listens behind it.
                if (e.Fault.Code is NdcFaults.Refused or NdcFaults.Silent)
                    seen = e.Fault.Message.TrimEnd('.');
            }
            catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
            {
                // The time is over; what was seen before says more.
                break;
            }

            await Task.WhenAny(ended, Task.Delay(Interval, timeout.Token));
        }

        cancel.ThrowIfCancellationRequested();
        return ended.IsCompleted ? null : throw NdcServerFaults.NotReady(limit, seen);
    }
}
