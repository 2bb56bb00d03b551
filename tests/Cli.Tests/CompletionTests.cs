using System.Diagnostics;
using System.Text.RegularExpressions;
using Platform.Cli.Completion;

namespace Platform.Cli.Tests;

/// <summary>The scripts in real shells, and the client as a file of its own.</summary>
public sealed class CompletionTests
{
    private static readonly TimeSpan PublishLimit = TimeSpan.FromMinutes(4);

    [Theory]
    [InlineData("runs li", "list|limits")]
    [InlineData("connections sh", "show")]
    [InlineData("connections show d", "docs")]
    [InlineData("runs list --connection ", "docs|orders")]
    [InlineData("runs list --sta", "--state")]
    [InlineData("completion ", "bash|fish|zsh")]
    [InlineData("tokens create x --scope actions", "actions:invoke|actions:read")]
    // Bash takes a colon for the end of a word.
    [InlineData("tokens create x --scope actions:", "invoke|read")]
    [InlineData("events --type sync.s", "sync.started|sync.swept")]
    [InlineData("runs list --state ", "cancelled|failed|queued|running|succeeded")]
    [InlineData("invocations list --state t", "timed-out|transient")]
    [InlineData("webhooks deliveries ops --state d", "dead|delivered")]
    [InlineData("objects export --format ", "csv|ndjson")]
    [InlineData("runs log x --level w", "warn")]
    [InlineData("webhooks show ", "billing|ops")]
    [InlineData("tokens revoke ", "reporting")]
    [InlineData("audit --actor ", "reporting")]
    public async Task Bash_completes_commands_options_and_names(string typed, string expected)
    {
        await using var stub = (await StubGateway.StartAsync()).On("GET /v1/connections", """{"items":[{"name":"docs"},{"name":"orders"}],"next":null}""")
            .On("GET /v1/webhooks", """{"items":[{"name":"ops"},{"name":"billing"}],"next":null}""")
            .On("GET /v1/tokens", """{"items":[{"name":"reporting"}],"next":null}""");
        using var cli = new Cli(stub.Url);

        var answer = await cli.RunInShellAsync($$"""
            client=("$@")
            ./platform() { "${client[@]}" "$@"; }
            source <(./platform completion bash)
            COMP_LINE='./platform {{typed}}' COMP_POINT=${#COMP_LINE} COMP_CWORD={{typed.Split(' ').Length}}
            COMP_POINT=${#COMP_LINE}
            COMP_WORDS=(./platform {{string.Join(' ', typed.Split(' ').Select(word => $"'{word}'"))}})
            _platform_complete
            complete -p ./platform >&2
            IFS='|'; echo "${COMPREPLY[*]}"
            """);

        Assert.Equal((0, string.Join('|', expected.Split('|').Order(StringComparer.Ordinal))), (answer.ExitCode, string.Join('|', answer.Output.Split('|').Order(StringComparer.Ordinal))));
        Assert.Contains("_platform_complete", answer.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_completed_is_what_the_platform_knows()
    {
        var types = Constants(Path.Combine("src", "Contracts", "Events.cs"), @"public const string \w+ = ""([^""]+)""");
        var scopes = Constants(Path.Combine("src", "Gateway", "Tokens", "TokenScopes.cs"), @"""([a-z]+:[a-z]+)""");

        Assert.Equal(types.Order(StringComparer.Ordinal), KnownValues.Types.Order(StringComparer.Ordinal));
        Assert.Equal(scopes.Append("admin").Order(StringComparer.Ordinal), KnownValues.Scopes.Order(StringComparer.Ordinal));

        static IEnumerable<string> Constants(string file, string form) =>
            Regex.Matches(File.ReadAllText(Path.Combine(Checkout.Folder, file)), form).Select(m => m.Groups[1].Value).Distinct();
    }

    [Theory]
    [InlineData("zsh")]
    [InlineData("fish")]
    public async Task Other_shells_take_their_script(string shell)
    {
        Assert.SkipUnless(File.Exists($"/usr/bin/{shell}"), $"{shell} is not installed.");
        using var cli = new Cli("http://127.0.0.1:1");
        var script = cli.Write("script", (await cli.RunAsync("completion", shell)).Output);

        var answer = await cli.RunInShellAsync($"{shell} -n {script}");

        Assert.Equal(new Answer(0, "", ""), answer);
    }

    [Fact]
    public async Task Published_as_one_file_it_works_away_from_the_checkout_and_says_what_needs_it()
    {
        await using var stub = (await StubGateway.StartAsync()).On("GET /v1/connectors", """{"items":[],"next":null}""").On("GET /v1/connections", """{"items":[{"name":"docs"}],"next":null}""");
        using var cli = new Cli(stub.Url);
        var folder = cli.Folder.FullName;
        using (var publish = Process.Start(new ProcessStartInfo("dotnet",
            ["publish", Path.Combine(Checkout.Folder, "src", "Cli"), "-c", "Release", "-r", "linux-x64", "-p:PublishSingleFile=true", "--self-contained", "false", $"-p:ArtifactsPath={folder}/artifacts", "-o", $"{folder}/out", "-v", "q", "--nologo", "-nodeReuse:false"])
        { RedirectStandardOutput = true })!)
        {
            var words = publish.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await publish.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(PublishLimit, TestContext.Current.CancellationToken);
            Assert.True(publish.ExitCode == 0, await words);
        }

        // Nothing beside it but symbols.
        File.Move($"{folder}/out/platform", $"{folder}/alone");
        var answer = await cli.RunInShellAsync($"""
            unset PLATFORM_ROOT
            cd / && {folder}/alone connectors list && {folder}/alone '[suggest:17]' 'connections show '
            for command in up demo down 'bench edge' test; do {folder}/alone $command 2>&1 | head -1; done
            {folder}/alone doctor --json > {folder}/doctor.json; {folder}/alone up 2>/dev/null; echo "exit code $?"
            """);

        Assert.StartsWith("name\t", answer.Output, StringComparison.Ordinal);
        Assert.Contains("\ndocs\n", answer.Output, StringComparison.Ordinal);
        Assert.Equal(5, answer.Output.Split("error no_checkout: ").Length - 1);
        Assert.EndsWith("exit code 2", answer.Output, StringComparison.Ordinal);
        Assert.Contains("away from a checkout", await File.ReadAllTextAsync($"{folder}/doctor.json", TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }
}
