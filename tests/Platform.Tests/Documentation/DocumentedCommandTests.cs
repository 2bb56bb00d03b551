using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Aspire.Hosting.Testing;
using Platform.Documents;
using Platform.Gateway.Tests.Webhooks;

namespace Platform.Tests.Documentation;

/// <summary>What the README and docs tell to type is typed, word for word but for addresses, in their order.</summary>
public sealed partial class DocumentedCommandTests(PlatformFixture platform)
{
    private static readonly IReadOnlyList<DocumentedCommand> Commands = DocumentedCommand.All(Repository.Root);

    public static TheoryData<string> Documents => [.. Commands.Where(command => Expectation.Of(command).Test is null).Select(command => command.Document).Distinct()];

    [Fact]
    public void Every_command_is_run_here_or_by_the_test_that_is_named()
    {
        Assert.All(Commands, command => Assert.Single(Expectation.All, expected => expected.IsOf(command)));
        Assert.All(Expectation.All, expected => Assert.Contains(Commands, expected.IsOf));
        var tests = string.Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*Tests.cs", SearchOption.AllDirectories).Select(File.ReadAllText));
        Assert.All(Expectation.All.Where(expected => expected.Test is not null), expected => Assert.Contains($" {expected.Test}(", tests));
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public async Task The_commands_of_a_document_do_what_it_says(string document)
    {
        await using var target = await Target.StartAsync(PlatformFixture.LiveTarget);
        using var workshop = await Workshop.OpenAsync(platform, target.Url + "/hook");

        foreach (var command in Commands.Where(command => command.Document == document))
        {
            var expected = Expectation.Of(command);
            if (expected.Test is not null) continue;
            var (exitCode, output) = expected.Endless ? await workshop.UntilAsync(command.Text, expected.Says) : await workshop.RunAsync(command.Text);
            Assert.True(exitCode == expected.ExitCode, $"{command} exited with {exitCode}:\n{output}");
            Assert.True(output.Contains(expected.Says, StringComparison.Ordinal), $"{command} says nothing of '{expected.Says}':\n{output}");
        }
    }

    [Fact]
    public async Task The_consumer_in_Python_hears_of_a_run()
    {
        using var workshop = await Workshop.OpenAsync(platform, "");
        var broker = await platform.App.GetConnectionStringAsync("messaging", TestContext.Current.CancellationToken);
        await workshop.WriteAsync("consumer.py", $"url = {JsonSerializer.Serialize(broker)}\n" + Python("import json, pika"));

        var (_, output) = await workshop.UntilAsync("/usr/bin/python3 -u consumer.py", "'connection': 'docs'");

        Assert.Contains("'counts': {'received': ", output);
    }

    [Fact]
    public async Task The_check_of_a_signature_in_Python_accepts_a_webhooks_request_and_no_other()
    {
        await using var target = await Target.StartAsync(PlatformFixture.LiveTarget);
        const string name = "checked-in-python";
        var made = await platform.JsonAsync("webhooks", "create", name, target.Url, "--type", "sync.failed", "--json");
        await platform.SucceedAsync("webhooks", "test", name);
        var request = Assert.Single(target.Requests);
        using var workshop = await Workshop.OpenAsync(platform, "");
        await workshop.WriteAsync("request.json", new JsonObject
        {
            ["secret"] = (string?)made["secret"],
            ["headers"] = new JsonObject(request.Headers.Select(header => KeyValuePair.Create(header.Key, (JsonNode?)header.Value))),
            ["body"] = request.Body,
        }.ToJsonString());
        await workshop.WriteAsync("check.py", Python("import base64") + """
            import json
            request = json.load(open("request.json"))
            headers = {name.lower(): value for name, value in request["headers"].items()}
            for body in (request["body"], request["body"] + " "):
                print(is_signed(request["secret"], headers, body.encode()))
            """);

        Assert.StartsWith("True\nFalse\n", (await workshop.RunAsync("/usr/bin/python3 check.py")).Output);
    }

    private static string Python(string begins) =>
        Assert.Single(PythonBlock().Matches(File.ReadAllText(Path.Combine(Repository.Root, "docs", "events.md"))).Select(block => block.Groups[1].Value), code => code.StartsWith(begins, StringComparison.Ordinal));

    [GeneratedRegex("^```python\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex PythonBlock();
}
