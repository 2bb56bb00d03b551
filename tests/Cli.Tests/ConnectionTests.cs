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

    [Fact]
    public async Task Cursors_are_sent_by_stream_and_one_without_a_column_is_taken_away()
    {
        await using var stub = (await StubGateway.StartAsync()).On("POST /v1/connections", Created, 201);

        await Cli.RunAsync(stub.Url, "connections", "create", "docs", "--connector", "files", "--cursor", "articles=updated_at", "--cursor", "a=b=id", "--cursor", "old=", "--always-on");
        var wrong = await Cli.RunAsync(stub.Url, "connections", "create", "docs", "--connector", "files", "--cursor", "articles", "--cursor", "=id");

        Assert.Equal(
            """{"name":"docs","connector":"files","options":"","cursors":{"articles":"updated_at","a=b":"id","old":null},"always_on":true}""", Assert.Single(stub.Requests).Body);
        Assert.Equal(2, wrong.ExitCode);
        Assert.Contains("'articles' is not STREAM=COLUMN. '=id' is not STREAM=COLUMN.", wrong.Errors, StringComparison.Ordinal);
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
                {"id":"0199a1b2-0000-7000-8000-000000000001","name":"a","connector":"files","full_listing":true,"max_delete_fraction":0.25,"changed_events":true,"cursors":{"articles":"updated_at"},"always_on":true,"created_at":"2026-01-01T00:00:00Z"},
                {"id":"0199a1b2-0000-7000-8000-000000000002","name":"b","connector":"files","full_listing":false,"max_delete_fraction":null,"changed_events":false,"created_at":"2026-01-01T00:00:00Z"}
            ],"next":null}
            """);

        var answer = await Cli.RunAsync(stub.Url, "connections", "list");

        Assert.Equal(
            "name\tconnector\tsettings\tcreated\na\tfiles\tfull-listing max-delete-fraction=0.25 changed-events cursor=articles=updated_at always-on\t2026-01-01 00:00:00Z\nb\tfiles\t\t2026-01-01 00:00:00Z", answer.Output);
    }

    [Fact]
    public async Task A_change_sends_what_is_given_and_the_version_that_it_is_meant_for()
    {
        var conditions = new List<string?>();
        await using var stub = (await StubGateway.StartAsync())
            .On("GET /v1/connections/docs", """{"id":"0199a1b2-0000-7000-8000-000000000001","name":"docs","connector":"files","version":"1-ab"}""")
            .On("PATCH /v1/connections/docs", async context =>
            {
                conditions.Add(context.Request.Headers.IfMatch);
                context.Response.ContentType = "application/json";
                await context.Response.Body.WriteAsync("""{"id":"0199a1b2-0000-7000-8000-000000000001","name":"docs","connector":"files","version":"2-ab"}"""u8.ToArray());
            });

        var answer = await Cli.RunAsync(
            stub.Url, "connections", "update", "docs", "--options", "{\"a\": null}", "--full-listing", "false", "--stream", "x", "--stream", "y", "--default", "max-attempts");
        await Cli.RunAsync(stub.Url, "connections", "update", "docs", "--idle-seconds", "9", "--if-match", "7-cd");

        Assert.Equal(new Answer(0, "Connection docs is at version 2-ab; runs that start from now on take it.", ""), answer);
        Assert.Equal(["\"1-ab\"", "\"7-cd\""], conditions);
        Assert.Equal(
            ["""{"full_listing":false,"streams":["x","y"],"max_attempts":null,"options":"{\u0022a\u0022: null}"}""", """{"idle_seconds":9}"""],
            stub.Requests.Where(r => r.Request.StartsWith("PATCH")).Select(r => r.Body.Replace("\\\"", "\\u0022")));
    }

    [Fact]
    public async Task A_connection_is_deleted_only_by_somebody_who_says_so()
    {
        await using var stub = (await StubGateway.StartAsync()).On("DELETE /v1/connections/docs", "", 204);

        var asked = await Cli.RunAsync(stub.Url, "connections", "delete", "docs");
        Assert.Equal(2, asked.ExitCode);
        Assert.Empty(stub.Requests);
        Assert.Equal(new Answer(0, "docs is deleted; what it brought is being purged.", ""), await Cli.RunAsync(stub.Url, "connections", "delete", "docs", "--yes"));
    }

    [Fact]
    public async Task What_a_connector_says_of_itself_is_a_table()
    {
        await using var stub = (await StubGateway.StartAsync())
            .On("GET /v1/connectors/files/specification", """
                {"connector":"files","version":1,"protocol":"platform","specification":{"name":"files","parameters":[
                    {"name":"root","description":"Where.","type":"string","default":null,"secret":true,"validations":[{"type":"required","value":""},{"type":"regex","value":"^/"}]}],
                    "streams":[{"name":"files"},{"name":"articles","cursor_columns":["id","updated_at"]}],"actions":[]}}
                """)
            .On("GET /v1/connectors/old/versions/3/specification", """{"connector":"old","version":3,"protocol":"c1","specification":null}""");

        Assert.Equal(
            new Answer(0, "option\ttype\tdefault\trules\tdescription\nroot\tstring\t\tsecret; required; regex ^/\tWhere.\nStreams: files, articles (by id or updated_at)", ""),
            await Cli.RunAsync(stub.Url, "connectors", "spec", "files"));
        Assert.StartsWith("old does not describe itself", (await Cli.RunAsync(stub.Url, "connectors", "spec", "old", "--version", "3")).Output);
    }
}
