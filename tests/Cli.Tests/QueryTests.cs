namespace Platform.Cli.Tests;

/// <summary><c>query</c>: what is sent to the gateway, and what is printed of the answer.</summary>
public sealed class QueryTests
{
    private const string Query = """{"collection": "articles",  "query": {}}""";

    [Fact]
    public async Task A_query_is_sent_as_it_is_from_a_file_or_standard_input_and_its_answer_printed_as_JSON()
    {
        await using var stub = (await StubGateway.StartAsync())
            .On("POST /v1/connections/docs/query", """[{"rows":[]}]""").On("POST /v1/connections/docs/query/explain", """{"details":{"plan":"scan"}}""");
        using var cli = new Cli(stub.Url);
        await File.WriteAllTextAsync(Path.Combine(cli.Folder.FullName, "query.json"), Query, TestContext.Current.CancellationToken);

        var file = await cli.RunAsync("query", "docs", "query.json");
        Assert.Equal((0, ""), (file.ExitCode, file.Errors));
        Assert.Contains("\"rows\": []", file.Output, StringComparison.Ordinal);
        Assert.Equal(file.Output, (await cli.RunAsync(Query, onLine: null, "query", "docs", "--json")).Output);
        Assert.Contains("scan", (await cli.RunAsync(Query, onLine: null, "query", "docs", "-", "--explain")).Output, StringComparison.Ordinal);
        Assert.All(stub.Requests, r => Assert.Equal(Query, r.Body));
    }

    [Fact]
    public async Task What_is_refused_is_exit_code_3_and_what_is_not_there_2()
    {
        await using var stub = (await StubGateway.StartAsync()).On(
            "POST /v1/connections/docs/query", """{"code":"invalid_query","status":422,"detail":"x","errors":[{"field":"collection","code":"unknown_collection","message":"Is articles meant?"}]}""", 422);
        using var cli = new Cli(stub.Url);

        var refused = await cli.RunAsync(Query, onLine: null, "query", "docs");
        Assert.Equal(3, refused.ExitCode);
        Assert.Contains("Is articles meant?", refused.Errors, StringComparison.Ordinal);
        Assert.Equal(2, (await cli.RunAsync("query", "docs", "nowhere.json")).ExitCode);
        Assert.Equal(2, (await cli.RunAsync("", onLine: null, "query", "docs")).ExitCode);
    }
}
