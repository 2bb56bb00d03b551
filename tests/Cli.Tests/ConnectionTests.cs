using System.Text.Json;

namespace Platform.Cli.Tests;

public sealed class ConnectionTests
{
    private const string Created = """{"id":"0199a1b2-0000-7000-8000-000000000001","name":"docs","connector":"files"}""";

    [Theory]
    [InlineData("inline")]
    [InlineData("file")]
    [InlineData("stdin")]
    public async Task Options_reach_the_api_as_a_string_byte_for_byte(string way)
    {
        const string options = """{"root": "/x",  "ä": 1}""";
        await using var stub = (await StubGateway.StartAsync()).On("POST /v1/connections", Created, 201);
        using var cli = new Cli(stub.Url);
        string[] given = way switch
        {
            "inline" => ["--options", options],
            "file" => ["--options-file", cli.Write("options.json", options)],
            _ => ["--options", "-"],
        };

        var answer = await cli.RunAsync(way == "stdin" ? options + "\n" : null, null, ["connections", "create", "docs", "--connector", "files", .. given]);

        Assert.Equal(new Answer(0, "Created connection docs of connector files.", ""), answer);
        Assert.Equal(options, JsonDocument.Parse(Assert.Single(stub.Requests).Body).RootElement.GetProperty("options").GetString());
    }

    [Fact]
    public async Task Settings_are_sent_where_they_are_given()
    {
        await using var stub = (await StubGateway.StartAsync()).On("POST /v1/connections", Created, 201);

        await Cli.RunAsync(stub.Url, "connections", "create", "docs", "--connector", "files");
        await Cli.RunAsync(stub.Url, "connections", "create", "docs", "--connector", "files", "--full-listing", "--max-delete-fraction", "0.25", "--changed-events");

        Assert.Equal(
            ["""{"name":"docs","connector":"files","options":""}""", """{"name":"docs","connector":"files","options":"","full_listing":true,"max_delete_fraction":0.25,"changed_events":true}"""],
            stub.Requests.Select(request => request.Body));
    }

    [Theory]
    [InlineData("half")]
    [InlineData("0,5")]
    [InlineData("1e999")]
    public async Task A_fraction_that_is_no_number_is_wrong_usage(string fraction)
    {
        var answer = await Cli.RunAsync("http://127.0.0.1:9", "connections", "create", "docs", "--connector", "files", "--max-delete-fraction", fraction);

        Assert.Equal(2, answer.ExitCode);
        Assert.Contains($"'{fraction}' is not a number", answer.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_list_shows_the_settings_that_differ_from_the_defaults()
    {
        await using var stub = (await StubGateway.StartAsync()).On("GET /v1/connections", """
            {"items":[
                {"id":"0199a1b2-0000-7000-8000-000000000001","name":"a","connector":"files","full_listing":true,"max_delete_fraction":0.25,"changed_events":true,"created_at":"2026-01-01T00:00:00Z"},
                {"id":"0199a1b2-0000-7000-8000-000000000002","name":"b","connector":"files","full_listing":false,"max_delete_fraction":null,"changed_events":false,"created_at":"2026-01-01T00:00:00Z"}
            ],"next":null}
            """);

        var answer = await Cli.RunAsync(stub.Url, "connections", "list");

        Assert.Equal(
            "name\tconnector\tsettings\tcreated\na\tfiles\tfull-listing max-delete-fraction=0.25 changed-events\t2026-01-01 00:00:00Z\nb\tfiles\t\t2026-01-01 00:00:00Z", answer.Output);
    }
}
