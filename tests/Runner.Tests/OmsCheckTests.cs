using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Platform.Servers;

namespace Platform.Runner.Tests;

/// <summary>Service descriptions are checked over the API as on the command line.</summary>
public sealed class OmsCheckTests(ServersFixture servers, GoConnectors connectors) : RunnerTest(servers, connectors)
{
    private const string Yaml = "oms: 1\nactions: {a: {http: {method: get, port: 80, path: /}}, b: {}}\n";

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

    private static string? Code(JsonElement problem) => problem.GetProperty("code").GetString();

    private async Task<(int Status, JsonElement Answer)> CheckAsync(string type, byte[] body)
    {
        using var content = new ByteArrayContent(body) { Headers = { ContentType = MediaTypeHeaderValue.Parse(type) } };
        using var response = await runner.Client.PostAsync("/v1/oms/check", content, TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, JsonElement.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)));
    }
}
