using System.Text.Json;

namespace Platform.Cli.Tests;

public sealed class ListTests
{
    private const string Connectors = """
        {"items":[{"name":"files","description":"The files","source":"Local","uri":"/x y","version":2,"digest":"0123456789abcdef0123","protocol":"c1","installed_at":"2026-01-01T00:00:00Z"}],"next":null}
        """;

    [Fact]
    public async Task Off_a_terminal_a_list_is_lines_with_tabs()
    {
        await using var stub = (await StubGateway.StartAsync()).On("GET /v1/connectors", Connectors);

        var answer = await Cli.RunAsync(stub.Url, "connectors", "list");

        Assert.Equal(new Answer(0, "name\tversion\tsource\turi\tdigest\nfiles\t2\tLocal\t/x y\t0123456789ab", ""), answer);
        Assert.Equal("Bearer " + Cli.Token, Assert.Single(stub.Requests).Authorization);
    }

    [Fact]
    public async Task With_json_a_list_is_one_document_of_all_pages_and_nothing_else()
    {
        await using var stub = (await StubGateway.StartAsync())
            .On("GET /v1/connections", """{"items":[{"id":"0199a1b2-0000-7000-8000-000000000001","name":"a","connector":"files"}],"next":"c=1"}""")
            .On("GET /v1/connections?cursor=c%3D1", """{"items":[{"id":"0199a1b2-0000-7000-8000-000000000002","name":"b","connector":"files"}],"next":null}""");

        var answer = await Cli.RunAsync(stub.Url, "connections", "list", "--json");

        Assert.Equal((0, ""), (answer.ExitCode, answer.Errors));
        Assert.Equal(["a", "b"], JsonDocument.Parse(answer.Output).RootElement.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("name").GetString()));
    }

    [Fact]
    public async Task All_objects_in_json_are_one_line_each_over_every_page()
    {
        await using var stub = (await StubGateway.StartAsync())
            .On("GET /v1/objects?connection=docs&limit=2", """{"items":[{"connection":"docs","remote_id":"ä/1"},{"connection":"docs","remote_id":"2"}],"next":"x"}""")
            .On("GET /v1/objects?connection=docs&limit=2&cursor=x", """{"items":[{"connection":"docs","remote_id":"3"}],"next":null}""");

        var answer = await Cli.RunAsync(stub.Url, "objects", "list", "--connection", "docs", "--limit", "2", "--all", "--json");

        Assert.Equal(
            """
            {"connection":"docs","remote_id":"ä/1"}
            {"connection":"docs","remote_id":"2"}
            {"connection":"docs","remote_id":"3"}
            """,
            answer.Output);
        Assert.Equal(0, answer.ExitCode);
    }

    [Fact]
    public async Task Runs_are_listed_page_by_page()
    {
        await using var stub = (await StubGateway.StartAsync())
            .On("GET /v1/runs?limit=1&cursor=n1", """{"items":[{"id":"0199a1b2-0000-7000-8000-000000000001","connection":"docs","state":"queued"}],"next":"n2"}""");

        var answer = await Cli.RunAsync(stub.Url, "runs", "list", "--limit", "1", "--cursor", "n1");

        Assert.Equal("id\tconnection\tstate\tobjects\tstarted\tfinished\n0199a1b2-0000-7000-8000-000000000001\tdocs\tqueued\t0\t\t", answer.Output);
        Assert.Equal("There are more: --cursor n2", answer.Errors);
    }

    [Fact]
    public async Task A_page_of_objects_says_on_standard_error_how_to_go_on()
    {
        await using var stub = (await StubGateway.StartAsync())
            .On("GET /v1/objects?limit=1", """{"items":[{"connection":"docs","stream":"","remote_id":"a","resource_name":"file","uri":"file:///a","metadata":"{\"size\":1}"}],"next":"n1"}""");

        var answer = await Cli.RunAsync(stub.Url, "objects", "list", "--limit", "1");

        Assert.Equal("connection\tremote_id\tresource_name\turi\tmetadata\ndocs\ta\tfile\tfile:///a\t{\"size\":1}", answer.Output);
        Assert.Contains("--cursor n1", answer.Errors, StringComparison.Ordinal);
    }
}
