using System.Text.Json;

namespace Platform.Cli.Tests;

/// <summary>Descriptions are checked without any platform: the client has no configuration here.</summary>
public sealed class OmsTests
{
    private const string Nowhere = "http://127.0.0.1:9";

    private const string Clean =
        """
        oms: 1
        info: {title: Currencies, version: 1.0.0, description: Converts.}
        actions:
          convert:
            arguments:
              to: {type: enum, in: path, enum: [eur, usd], default: eur}
              amount: {type: float, in: query, required: true}
            output: {type: float}
            http: {method: get, port: 8080, path: '/convert/{to}'}
          ticks:
            events: {tick: {http: {port: 8080, subscribe: {method: post, path: /on}}, arguments: {every: {type: int}}}}
        environment:
          API_KEY: {type: string, required: true, sensitive: true, help: The key.}
          TOKEN: {type: string, default: hidden, sensitive: true}
        """;

    [Theory]
    [InlineData("oms.yml", "oms.yml")]
    [InlineData("service/microservice.yaml", "service")]
    public async Task A_clean_description_is_shown_from_its_file_or_its_folder(string file, string path)
    {
        using var cli = new Cli(Nowhere);
        cli.Write(file, Clean);
        File.Delete(cli.Config);

        Assert.Equal(
            new Answer(
                0,
                """
                Currencies 1.0.0: 1 action, 1 event, 2 variables
                action	interface	arguments	output
                convert	GET :8080/convert/{to}	to:string="eur", amount:float*	float
                event	of action	subscribe	arguments	output
                tick	ticks	POST :8080/on	every:int	any
                variable	type	required	default	help
                API_KEY	string	yes		The key.
                TOKEN	string	no	***	
                """,
                ""),
            await cli.RunAsync("oms", "check", path));
    }

    [Fact]
    public async Task Warnings_have_their_places_and_an_exit_code()
    {
        using var cli = new Cli(Nowhere);
        cli.Write("oms.yml", Clean.Replace("    arguments:\n", "    arguemnts:\n"));

        var answer = await cli.RunAsync("oms", "check", "oms.yml");

        Assert.Equal((1, "warning misspelled_key: oms.yml:5:5: actions.convert.arguemnts: arguemnts is taken for arguments."), (answer.ExitCode, answer.Errors));
    }

    [Fact]
    public async Task With_json_there_is_one_document()
    {
        using var cli = new Cli(Nowhere);
        cli.Write("oms.yml", Clean + "\nodd: 1\n");

        var answer = await cli.RunAsync("oms", "check", "--json", ".");

        var report = JsonDocument.Parse(answer.Output).RootElement;
        var action = report.GetProperty("actions")[0];
        Assert.Equal((1, "", true), (answer.ExitCode, answer.Errors, report.GetProperty("usable").GetBoolean()));
        Assert.Equal(("http", "/convert/{to}"), (action.GetProperty("kind").GetString(), action.GetProperty("http").GetProperty("path").GetString()));
        Assert.Equal(("path", "eur"), (action.GetProperty("arguments")[0].GetProperty("in").GetString(), action.GetProperty("arguments")[0].GetProperty("default").GetString()));
        Assert.Equal((15, 1, "unknown_key"), report.GetProperty("warnings")[0] is var w ? (w.GetProperty("line").GetInt32(), w.GetProperty("column").GetInt32(), w.GetProperty("code").GetString()) : default);
        Assert.DoesNotContain("hidden", answer.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("oms: 1\nactions: {a: {help: nothing}}\n", "warning unusable_action: oms.yml:2:11: actions.a: The action a can't be used: It has no interface")]
    [InlineData("actions:\n\ta: 1\n", "error tab: oms.yml:2:1: The line is indented by a tab.")]
    [InlineData("", "error empty_document: oms.yml: The description is empty.")]
    public async Task Where_nothing_is_usable_the_exit_code_is_2(string yaml, string words)
    {
        using var cli = new Cli(Nowhere);
        cli.Write("oms.yml", yaml);

        var answer = await cli.RunAsync("oms", "check", "oms.yml");

        Assert.Equal(2, answer.ExitCode);
        Assert.Contains(words, answer.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("missing.yml", "no_such_file")]
    [InlineData(".", "no_description")]
    public async Task What_is_not_there_is_told(string path, string code)
    {
        using var cli = new Cli(Nowhere);

        var answer = await cli.RunAsync("oms", "check", path);

        Assert.Equal(2, answer.ExitCode);
        Assert.StartsWith($"error {code}: ", answer.Errors, StringComparison.Ordinal);
    }
}
