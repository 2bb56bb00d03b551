using System.Net;
using Platform.Servers;

namespace Platform.Gateway.Tests;

/// <summary>A gateway all of whose services are the stub.</summary>
public sealed class StubbedGatewayFixture(ServersFixture servers) : GatewayFixture(servers)
{
    protected override IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string>
    {
        ["services:runner:http:0"] = Stub.Url,
        // While it is developed, the framework has texts of its own for forms that it does not know.
        ["environment"] = "Production",
    };

    /// <summary>In the console, with a token of its own.</summary>
    internal async Task<ConsoleBrowser> SignedInAsync(string scopes = "admin")
    {
        var browser = new ConsoleBrowser(Client.BaseAddress!);
        using var response = await browser.SignInAsync(await AddKnownTokenAsync(scopes));
        Assert.Equal(HttpStatusCode.Found, response.StatusCode);
        return browser;
    }
}
