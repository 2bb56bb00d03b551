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
}
