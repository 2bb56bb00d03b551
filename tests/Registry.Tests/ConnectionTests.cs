using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Platform.Registry.Connections;
using static Platform.Registry.Tests.RegistryFixture;

namespace Platform.Registry.Tests;

[Collection(nameof(ServiceRing))]
public sealed class ConnectionTests(RegistryFixture registry)
{
    private const string Secret = "hunter2-the-options";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_connection_is_created_shown_and_told_without_its_options()
    {
        await registry.Install(Manifest("conn-a"), id => Success(id));
        using var created = await registry.Client.PostAsync("/v1/connections", Content(Connection("first", "conn-a", $"\"{Secret}\"")), Cancel);
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        var answer = await created.Content.ReadAsStringAsync(Cancel);
        var id = JsonSerializer.Deserialize<JsonElement>(answer).GetProperty("id").GetGuid();
        Assert.Equal(("/v1/connections/first", $"\"1-{id.ToString("N")[^8..]}\""), (created.Headers.Location?.ToString(), created.Headers.ETag?.Tag));
        var shown = await registry.Get("/v1/connections/first");
        var list = await registry.Get("/v1/connections");
        var heard = await registry.Heard("connection.created.conn-a", id);

        Assert.Equal(
            ["id", "name", "connector", "version", "options", "options_errors", "full_listing", "max_delete_fraction", "changed_events", "streams", "max_attempts",
                "first_page_seconds", "idle_seconds", "total_seconds", "cursors", "always_on", "created_at", "updated_at"],
            shown.EnumerateObject().Select(p => p.Name));
        Assert.Equal(JsonValueKind.Null, shown.GetProperty("options").ValueKind);
        Assert.All([answer, shown.ToString(), list.ToString(), heard.Text, .. registry.Host.Logs], text => Assert.DoesNotContain(Secret, text));
    }

    [Fact]
    public async Task Options_stand_in_no_column_in_clear()
    {
        await registry.Install(Manifest("conn-b"), id => Success(id));
        await registry.Post("/v1/connections", Connection("dumped", "conn-b", $"\"{Secret}\""), 201);
        var dump = await registry.DumpAsync();
        Assert.Contains("dumped", dump);
        Assert.DoesNotContain(Secret, dump);
        Assert.DoesNotContain(Convert.ToHexString(Encoding.UTF8.GetBytes(Secret)), dump, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes(Secret)), dump);
    }

    [Fact]
    public async Task Options_in_a_bad_request_are_in_no_answer_and_no_log()
    {
        foreach (var body in new[]
        {
            $$"""{"name": "x", "connector": "nobody", "options": "{{Secret}}"}""",
            $$"""{"name": "X!", "connector": "", "options": "{{Secret}}", "{{Secret}}": 1}""".Replace($", \"{Secret}\": 1", ", \"more\": 1"),
            $$"""{"name": "x", "connector": "nobody", "options": "{{Secret}}" """,
            $$"""{"name": "x", "connector": "nobody", "options": {{Secret}}}""",
            $"\"{Secret}\"",
        })
        {
            using var answer = await registry.Client.PostAsync("/v1/connections", Content(body), Cancel);
            Assert.InRange((int)answer.StatusCode, 400, 499);
            Assert.DoesNotContain(Secret, await answer.Content.ReadAsStringAsync(Cancel));
        }
        Assert.All(registry.Host.Logs, line => Assert.DoesNotContain(Secret, line));
    }

    [Fact]
    public async Task A_name_is_given_once()
    {
        await registry.Install(Manifest("conn-c"), id => Success(id));
        await registry.Post("/v1/connections", Connection("only", "conn-c", "\"\""), 201);
        Assert.Equal("connection_exists", (await registry.Post("/v1/connections", Connection("only", "conn-c", "\"\""), 409)).GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("", false, null, false)]
    [InlineData(""", "full_listing": null, "max_delete_fraction": null, "changed_events": null""", false, null, false)]
    [InlineData(""", "full_listing": true, "max_delete_fraction": 0, "changed_events": false""", true, 0.0, false)]
    [InlineData(""", "max_delete_fraction": 1, "changed_events": true""", false, 1.0, true)]
    public async Task The_settings_are_shown_as_they_were_given(string settings, bool fullListing, double? maxDeleteFraction, bool changedEvents)
    {
        var name = $"settings-{Guid.CreateVersion7():N}";
        await registry.Install(Manifest("conn-s"), id => Success(id));
        await registry.Post("/v1/connections", $$"""{"name": "{{name}}", "connector": "conn-s"{{settings}}}""", 201);

        var shown = await registry.Get($"/v1/connections/{name}");

        var fraction = shown.GetProperty("max_delete_fraction");
        Assert.Equal((fullListing, maxDeleteFraction, changedEvents), (
            shown.GetProperty("full_listing").GetBoolean(), fraction.ValueKind == JsonValueKind.Null ? null : fraction.GetDouble(), shown.GetProperty("changed_events").GetBoolean()));
    }

    [Theory]
    [InlineData("-0.1", "out_of_range")]
    [InlineData("1.0001", "out_of_range")]
    [InlineData("1e999", "out_of_range")]
    [InlineData("\"0.5\"", "wrong_type")]
    public async Task A_fraction_is_a_number_from_0_to_1_and_every_wrong_setting_is_named_at_once(string fraction, string code)
    {
        var problem = await registry.Post("/v1/connections", $$"""
            {"name": "No", "connector": "c", "full_listing": "yes", "max_delete_fraction": {{fraction}}, "changed_events": 1}
            """, 422);

        var errors = problem.GetProperty("errors").EnumerateArray().ToDictionary(e => e.GetProperty("field").GetString()!, e => e.GetProperty("code").GetString());
        Assert.Equal(["changed_events", "full_listing", "max_delete_fraction", "name"], errors.Keys.Order());
        Assert.Equal(code, errors["max_delete_fraction"]);
    }

    [Fact]
    public async Task Every_error_of_a_connection_is_named_at_once()
    {
        var problem = await registry.Post("/v1/connections", """{"name": "No", "options": 7, "more": 1}""", 422);
        Assert.Equal(["connector", "more", "name", "options"], problem.GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("field").GetString()).Order());
    }

    [Theory]
    [InlineData("/v1/connections/nobody", 404, "unknown_connection")]
    [InlineData("/v1/connections?limit=1001", 400, "bad_limit")]
    public async Task What_is_not_there_or_not_understood_has_a_code(string path, int status, string code) =>
        Assert.Equal(code, (await registry.Get(path, status)).GetProperty("code").GetString());

    [Fact]
    public async Task An_unknown_connector_is_404() =>
        Assert.Equal("unknown_connector", (await registry.Post("/v1/connections", Connection("x", "nobody", "\"\""), 404)).GetProperty("code").GetString());

    [Theory]
    [InlineData(256 * 1024, true)]
    [InlineData(256 * 1024 + 1, false)]
    [InlineData(3 * 1024 * 1024, false)]
    public async Task Options_have_a_limit(int size, bool fits)
    {
        var name = $"size-{size}";
        await registry.Install(Manifest(name), id => Success(id));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/connections") { Content = Content(Connection(name, name, $"\"{new string('x', size)}\"")) };
        // What is refused for its announced length is not waited for: who sends it all the same may find the connection closed.
        request.Headers.ExpectContinue = true;
        var answer = await Body(registry.Client.SendAsync(request, Cancel), fits ? 201 : 413);
        if (!fits) Assert.Equal("options_too_large", answer.GetProperty("code").GetString());
    }

    [Fact]
    public void Escaped_and_structured_options_are_kept_as_given()
    {
        static string? Options(string options)
        {
            using var json = JsonDocument.Parse($"{{\"options\": {options}}}");
            return ConnectionOptions.Read(new(json.RootElement, ["options"]));
        }
        Assert.Equal("ä\u0000\"", Options("\"\\u00e4\\u0000\\\"\""));
        Assert.Equal("{ \"a\" : 1.0 }", Options("{ \"a\" : 1.0 }"));
        Assert.Equal("[1, 2]", Options("[1, 2]"));
        Assert.Null(Options("null"));
    }

    [Fact]
    public async Task Connections_are_listed_by_name_in_pages()
    {
        await registry.Install(Manifest("conn-p"), id => Success(id));
        foreach (var name in new[] { "p-2", "p-1", "p-3" }) await registry.Post("/v1/connections", Connection(name, "conn-p", "{}"), 201);

        var names = new List<string?>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = await registry.Get($"/v1/connections?limit=1&cursor={cursor}");
            names.AddRange(page.GetProperty("items").EnumerateArray().Select(c => c.GetProperty("name").GetString()));
            cursor = page.GetProperty("next").GetString();
        }
        Assert.Equal(["p-1", "p-2", "p-3"], names.Where(n => n!.StartsWith("p-")));
        Assert.Equal(names.Order(StringComparer.Ordinal), names);
    }

    [Fact]
    public void A_ciphertext_opens_only_for_its_connection()
    {
        var vault = registry.Host.Services.GetRequiredService<OptionsVault>();
        var id = Guid.CreateVersion7();
        var ciphertext = vault.Protect(id, "text"u8);
        Assert.Equal("text"u8.ToArray(), vault.Unprotect(id, ciphertext));
        Assert.Throws<System.Security.Cryptography.CryptographicException>(() => vault.Unprotect(Guid.CreateVersion7(), ciphertext));
    }

    internal static string Connection(string name, string connector, string options) =>
        $$"""{"name": "{{name}}", "connector": "{{connector}}", "options": {{options}}}""";
}
