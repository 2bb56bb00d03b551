using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Platform.Runner.Drivers.Oms;
using Platform.ServiceDefaults;

namespace Platform.Runner.Tests;

/// <summary>Service descriptions are checked over the API as on the command line. The route needs neither database nor broker, and has none here.</summary>
public sealed class OmsCheckTests : IAsyncLifetime
{
    private const string Secret = "the-internal-secret";
    private WebApplication app = null!;
    private HttpClient client = null!;

    private const string Yaml = "oms: 1\nactions: {a: {http: {method: get, port: 80, path: /}}, b: {}}\n";

    public async ValueTask InitializeAsync()
    {
        // Not where the Runner's own settings lie, which name its ports.
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = Path.GetTempPath() });
        builder.Configuration.AddInMemoryCollection([new("Internal:Secret", Secret)]);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.AddServiceDefaults();
        builder.Logging.ClearProviders();
        app = builder.Build();
        app.UseServiceDefaults();
        app.MapOmsCheck();
        await app.StartAsync();
        client = new HttpClient { BaseAddress = new Uri(app.Urls.First()), DefaultRequestHeaders = { { InternalSecret.Header, Secret }, { Scopes.Header, "connectors:read" } } };
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await app.StopAsync();
        await app.DisposeAsync();
    }

    [Fact]
    public async Task The_description_is_the_body_or_a_text_in_json()
    {
        foreach (var (type, body) in new[] { ("application/yaml", Yaml), ("application/x-www-form-urlencoded", Yaml), ("application/json", JsonSerializer.Serialize(new { document = Yaml })) })
        {
            var (status, answer) = await CheckAsync(type, Encoding.UTF8.GetBytes(body));

            Assert.Equal((200, true), (status, answer.GetProperty("usable").GetBoolean()));
            Assert.Equal(["a", "b"], answer.GetProperty("actions").EnumerateArray().Select(a => a.GetProperty("name").GetString()!));
            Assert.Equal(["missing", "unusable_action"], answer.GetProperty("warnings").EnumerateArray().Select(w => w.GetProperty("code").GetString()!));
        }
    }

    [Fact]
    public async Task What_can_not_be_read_is_a_problem_with_its_place()
    {
        var tab = await CheckAsync("application/yaml", "a:\n\tb: 1\n"u8.ToArray());
        Assert.Equal((422, "tab", 2, 1), (tab.Status, Code(tab.Answer), tab.Answer.GetProperty("line").GetInt32(), tab.Answer.GetProperty("column").GetInt32()));

        var large = await CheckAsync("application/yaml", new byte[1024 * 1024 + 1]);
        Assert.Equal((413, "too_large"), (large.Status, Code(large.Answer)));
        var larger = await CheckAsync("application/yaml", new byte[3 * 1024 * 1024]);
        Assert.Equal((413, "body_too_large"), (larger.Status, Code(larger.Answer)));

        var broken = await CheckAsync("application/json", "{"u8.ToArray());
        Assert.Equal((400, "malformed_json"), (broken.Status, Code(broken.Answer)));
        var empty = await CheckAsync("application/json", "{}"u8.ToArray());
        Assert.Equal((422, "document_required"), (empty.Status, Code(empty.Answer)));
    }

    [Fact]
    public async Task It_needs_the_scope_to_read_connectors()
    {
        client.DefaultRequestHeaders.Remove(Scopes.Header);
        client.DefaultRequestHeaders.Add(Scopes.Header, "runs:read");

        var (status, answer) = await CheckAsync("application/yaml", Encoding.UTF8.GetBytes(Yaml));

        Assert.Equal((403, "insufficient_scope"), (status, Code(answer)));
    }

    private static string? Code(JsonElement problem) => problem.GetProperty("code").GetString();

    private async Task<(int Status, JsonElement Answer)> CheckAsync(string type, byte[] body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/oms/check") { Content = new ByteArrayContent(body) { Headers = { ContentType = MediaTypeHeaderValue.Parse(type) } } };
        // Else the answer to what is too large may overtake its sending, which then breaks.
        request.Headers.ExpectContinue = true;
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, JsonElement.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)));
    }
}
