using System.Net.Sockets;
using Platform.Oms;

namespace Platform.Runner.Drivers.Oms.Servers;

/// <summary>
/// Waits until a service can be called: until its health answers 2xx or 3xx; without one, until each of its ports says anything at all to a request, which a
/// forwarded port alone does not, and not for long.
/// </summary>
internal static class Readiness
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(1);
    // It may be a service that speaks only when it is spoken to in its own language.
    private static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(10);
    private static readonly HttpClient Http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.Zero })
    {
        Timeout = AnswerLimit,
    };

    /// <param name="addressOf">Of a port.</param>
    /// <param name="ended">Ends with the service.</param>
    /// <returns>False: it has ended.</returns>
    /// <exception cref="RunFaultException"><c>service_not_ready</c>.</exception>
    public static async Task<bool> WaitAsync(
        OmsHealth? health, IReadOnlyCollection<int> ports, Func<int, Uri> addressOf, Task ended, TimeSpan limit, CancellationToken cancel)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        timeout.CancelAfter(health is not null || limit < SilenceLimit ? limit : SilenceLimit);
        var seen = "nothing answers";
        foreach (var port in health is null ? ports : [health.Port])
        {
            while (!ended.IsCompleted && !timeout.IsCancellationRequested)
            {
                var address = new Uri(addressOf(port), health?.Path ?? "/");
                var (isReady, now) = health is null ? await SpeaksAsync(address, timeout.Token) : await AnswersAsync(address, timeout.Token);
                // What was cut off at the end says less than what came before.
                if (!timeout.IsCancellationRequested)
                    seen = now;
                if (isReady)
                    break;
                await Task.WhenAny(ended, Task.Delay(Interval, timeout.Token));
            }
        }

        cancel.ThrowIfCancellationRequested();
        if (timeout.IsCancellationRequested && health is not null && !ended.IsCompleted)
            throw OmsServerFaults.NotReady(health, limit, seen);
        return !ended.IsCompleted;
    }

    private static async Task<(bool, string)> AnswersAsync(Uri address, CancellationToken cancel)
    {
        try
        {
            using var response = await Http.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, cancel);
            return ((int)response.StatusCode is >= 200 and < 400, $"it answers {(int)response.StatusCode}");
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return (false, e is HttpRequestException ? "nothing answers" : "it does not answer in time");
        }
    }

    private static async Task<(bool, string)> SpeaksAsync(Uri address, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(AnswerLimit);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(address.Host, address.Port, limit.Token);
            var stream = client.GetStream();
            await stream.WriteAsync("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"u8.ToArray(), limit.Token);
            return (await stream.ReadAsync(new byte[1], limit.Token) > 0, "");
        }
        catch (Exception e) when (e is SocketException or IOException or OperationCanceledException)
        {
            return (false, "");
        }
    }
}
