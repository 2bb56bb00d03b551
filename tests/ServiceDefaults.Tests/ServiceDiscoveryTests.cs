using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Platform.ServiceDefaults.Tests;

public sealed class ServiceDiscoveryTests
{
    [Theory]
    [InlineData("http://runner/v1/runs?limit=1", "http://127.0.0.1:5001/v1/runs?limit=1")]
    [InlineData("http://_grpc.runner/x", "http://127.0.0.1:5002/x")]
    [InlineData("https+http://runner/x", "http://127.0.0.1:5001/x")]
    [InlineData("https+http://both/x", "https://127.0.0.1:5004/x")]
    [InlineData("http://single/x", "http://127.0.0.1:5005/x")]
    [InlineData("http://first/x", "http://127.0.0.1:5007/x")]
    [InlineData("http://bare/x", "http://127.0.0.1:5006/x")]
    [InlineData("http://elsewhere.example/x", "http://elsewhere.example/x")]
    [InlineData("https://runner/x", "https://runner/x")]
    public async Task A_name_becomes_the_configured_address(string asked, string expected) =>
        Assert.Equal([expected], await DialAsync(asked, 1));

    [Fact]
    public async Task Replicas_are_taken_in_turn() =>
        Assert.Equal(
            ["http://127.0.0.1:6001/", "http://127.0.0.1:6002/"],
            (await DialAsync("http://replicated/", 4)).Distinct().Order(StringComparer.Ordinal));

    private static async Task<List<string>> DialAsync(string asked, int times)
    {
        var dialled = new List<string>();
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["services:runner:http:0"] = "http://127.0.0.1:5001",
            ["services:runner:grpc:0"] = "http://127.0.0.1:5002",
            ["services:both:http:0"] = "http://127.0.0.1:5003",
            ["services:both:https:0"] = "https://127.0.0.1:5004",
            ["services:single:http"] = "http://127.0.0.1:5005",
            ["services:bare:http:0"] = "127.0.0.1:5006",
            ["services:first:default:0"] = "http://127.0.0.1:5007",
            ["services:first:http:0"] = "http://127.0.0.1:5008",
            ["services:replicated:http:0"] = "http://127.0.0.1:6001",
            ["services:replicated:http:1"] = "http://127.0.0.1:6002",
        }).Build());
        services.AddServiceDiscovery();
        services.AddHttpClient("test").AddServiceDiscovery().ConfigurePrimaryHttpMessageHandler(() => new Recorder(dialled));
        await using var provider = services.BuildServiceProvider();
        var client = provider.GetRequiredService<IHttpClientFactory>().CreateClient("test");
        for (var i = 0; i < times; i++)
            await client.GetAsync(asked, TestContext.Current.CancellationToken);
        return dialled;
    }

    private sealed class Recorder(List<string> dialled) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            dialled.Add(request.RequestUri!.ToString());
            return Task.FromResult(new HttpResponseMessage());
        }
    }
}
