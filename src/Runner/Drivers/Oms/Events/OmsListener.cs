using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Platform.Oms;
using Platform.Runner.Drivers.Oms.Servers;
using Platform.Runner.Drivers.Servers;
using Platform.ServiceDefaults;

namespace Platform.Runner.Drivers.Oms.Events;

/// <summary>
/// A described service that publishes. To subscribe is a request of <c>{"id", "endpoint", "event", "data"}</c>, always JSON, whatever the file says of its
/// arguments' places; to end it is one of <c>{"id"}</c>, which most services have no way for.
/// </summary>
internal sealed class OmsListener(OmsService service, ServerUse<OmsServer> use, EventReceiver receiver, HttpClient http) : ConnectorListener
{
    private const int MaxAnswer = 4096;
    private static readonly TimeSpan RequestLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan GoodbyeLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<Guid, OmsEvent> subscribed = new();
    private readonly CancellationTokenSource disposed = new();
    private Task<RunFaultException>? ended;

    public override Task<RunFaultException> Ended => ended ??= WatchAsync();

    public override async Task SubscribeAsync(SubscriptionWork subscription, CancellationToken cancel)
    {
        if (service.Events.FirstOrDefault(e => e.Name == subscription.Event) is not { Unusable: null, Subscribe: { } request } asked)
            throw EventFaults.UnknownEvent(subscription.Event);
        var body = new JsonObject
        {
            ["id"] = subscription.Id.ToString(),
            ["endpoint"] = receiver.Open(subscription.Id).ToString(),
            ["event"] = subscription.Event,
            ["data"] = JsonNode.Parse(subscription.Arguments),
        };
        try
        {
            await SendAsync(request, body, RequestLimit, cancel);
            subscribed[subscription.Id] = asked;
        }
        catch
        {
            receiver.Close(subscription.Id);
            throw;
        }
    }

    public override async Task UnsubscribeAsync(Guid subscription, CancellationToken cancel)
    {
        receiver.Close(subscription);
        if (!subscribed.TryRemove(subscription, out var asked) || asked.Unsubscribe is not { } request)
            return;
        try
        {
            await SendAsync(request, new() { ["id"] = subscription.ToString() }, GoodbyeLimit, cancel);
        }
        catch (Exception e) when (e is RunFaultException or OperationCanceledException)
        {
            // What it still delivers is answered 410.
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await disposed.CancelAsync();
        await Task.WhenAll(subscribed.Keys.Select(id => UnsubscribeAsync(id, CancellationToken.None)));
        await receiver.DisposeAsync();
        use.Dispose();
    }

    private async Task<RunFaultException> WatchAsync()
    {
        while (!use.Server.HasEnded)
            await Task.Delay(LookInterval, disposed.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return EventFaults.ServiceEnded();
    }

    private async Task SendAsync(OmsHttp request, JsonObject body, TimeSpan limit, CancellationToken cancel)
    {
        var target = request.Url is { } url ? new Uri(url) : new Uri(use.Server.AddressOf(request.Port!.Value), request.Path);
        using var message = new HttpRequestMessage(new(request.Method), target) { Content = JsonContent.Create(body, options: PlatformJson.Options) };
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        timeout.CancelAfter(limit);
        try
        {
            using var answer = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, timeout.Token);
            if (!answer.IsSuccessStatusCode)
                throw EventFaults.NotSubscribed($"it answered {(int)answer.StatusCode}{await WordsAsync(answer, timeout.Token)}");
        }
        catch (HttpRequestException e)
        {
            throw EventFaults.NotSubscribed(e.Message);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw EventFaults.NotSubscribed($"it did not answer within {limit.TotalSeconds:0} s");
        }
    }

    private static async Task<string> WordsAsync(HttpResponseMessage answer, CancellationToken cancel)
    {
        var buffer = new byte[MaxAnswer];
        await using var stream = await answer.Content.ReadAsStreamAsync(cancel);
        var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancel);
        return length == 0 ? "" : $": {System.Text.Encoding.UTF8.GetString(buffer, 0, length)}";
    }
}
