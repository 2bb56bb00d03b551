using System.Net;
using Platform.Gateway.Routing;
using Platform.ServiceDefaults;

namespace Platform.Gateway.Health;

/// <summary>
/// <c>GET /v1/services</c>: whether each replica of each service can do its work. The gateway's own <c>/health</c> doesn't say: who restarts
/// what is not healthy must not restart the gateway because another service is gone.
/// </summary>
internal static class ListServices
{
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(3);

    /// <param name="Healthy">All of them are.</param>
    internal sealed record Answer(bool Healthy, IReadOnlyList<ServiceView> Services);

    /// <param name="Replica">From 0, in the order of their addresses.</param>
    /// <param name="State">healthy; unhealthy: it answers that it can't work; unreachable: nobody answers.</param>
    /// <param name="Message">What was seen, when it is not healthy.</param>
    internal sealed record ServiceView(string Service, int Replica, string State, string? Message);

    public static void MapServices(this WebApplication app) => app
        .MapGet("/v1/services", HandleAsync)
        .AllowAnyToken()
        .Produces<Answer>()
        .WithName("ListServices").WithSummary("Whether each service can do its work").WithTags("Services");

    public static async Task<Answer> HandleAsync(IConfiguration configuration, IHttpClientFactory clients, CancellationToken cancel)
    {
        // This one answers, and its token was found in its database.
        var asked = Routes.Services.Order(StringComparer.Ordinal).SelectMany(service => AskAll(service, configuration, clients, cancel));
        ServiceView[] services = [new("gateway", 0, "healthy", null), .. await Task.WhenAll(asked)];
        return new(services.All(s => s.State == "healthy"), services);
    }

    private static IEnumerable<Task<ServiceView>> AskAll(string service, IConfiguration configuration, IHttpClientFactory clients, CancellationToken cancel)
    {
        var addresses = configuration.GetSection($"services:{service}:http").GetChildren().Select(address => address.Value).OfType<string>().ToList();
        return addresses.Count == 0
            ? [Task.FromResult(new ServiceView(service, 0, "unreachable", "The gateway knows no address of it."))]
            : addresses.Select((address, replica) => AskAsync(service, replica, new Uri(new Uri(address), "/health"), clients, cancel));
    }

    private static async Task<ServiceView> AskAsync(string service, int replica, Uri address, IHttpClientFactory clients, CancellationToken cancel)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(AnswerWithin);
        try
        {
            using var client = clients.CreateClient(nameof(ListServices));
            using var response = await client.GetAsync(address, deadline.Token);
            return response.StatusCode == HttpStatusCode.OK
                ? new(service, replica, "healthy", null)
                : new(service, replica, "unhealthy", $"It answers {(int)response.StatusCode}: what it needs is away. Its log says more.");
        }
        catch (HttpRequestException e)
        {
            return new(service, replica, "unreachable", e.InnerException?.Message ?? e.Message);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new(service, replica, "unreachable", $"It did not answer within {AnswerWithin.TotalSeconds:0} s.");
        }
    }
}
