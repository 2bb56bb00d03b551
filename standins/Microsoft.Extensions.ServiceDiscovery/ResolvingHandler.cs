namespace Microsoft.Extensions.ServiceDiscovery;

internal sealed class ResolvingHandler(ConfiguredEndpoints endpoints) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var asked = request.RequestUri;
        if (asked is not null)
            request.RequestUri = endpoints.Resolve(asked);
        try
        {
            return await base.SendAsync(request, cancellationToken);
        }
        finally
        {
            request.RequestUri = asked;
        }
    }
}
