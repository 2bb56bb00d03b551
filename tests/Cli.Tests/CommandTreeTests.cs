using System.CommandLine;
using System.Text.RegularExpressions;
using Platform.Cli.Help;

namespace Platform.Cli.Tests;

/// <summary>What holds for every command, and for those that are still to come.</summary>
public sealed partial class CommandTreeTests
{
    private static readonly string Reference = File.ReadAllText(Path.Combine(Checkout.Folder, "docs", "cli.md"));

    public static TheoryData<string> Leaves => [.. Every().Select(row => row.Path)];

    /// <summary>The commands that do something.</summary>
    internal static IEnumerable<(string Path, Command Command)> Every() => Walk(CommandLine.Tree(), "").Where(row => row.Command.Subcommands.Count == 0);

    [Theory]
    [MemberData(nameof(Leaves))]
    public void Every_command_is_described_has_an_example_that_can_be_parsed_takes_json_and_is_in_the_reference(string path)
    {
        var command = Walk(CommandLine.Tree(), "").Single(row => row.Path == path).Command;

        Assert.False(string.IsNullOrWhiteSpace(command.Description), "It has no description.");
        Assert.All(command.Options.Concat<Symbol>(command.Arguments), symbol => Assert.False(string.IsNullOrWhiteSpace(symbol.Description), $"{symbol.Name} has no description."));
        var examples = Examples.Of(path).ToList();
        Assert.True(examples.Count > 0, "Examples.cs has none.");
        Assert.All(examples, example => Assert.Empty(Parse(example).Errors));
        Assert.All(examples, example => Assert.Equal($"platform {path}", string.Join(' ', CommandLine.PathOf(Parse(example).CommandResult))));
        Assert.True(CommandLine.Tree().Parse([.. path.Split(' '), "--json"]).GetValue(CommandLine.Json));
        Assert.Matches($@"(?m)^\| .*`{Regex.Escape(path)}[ `]", Reference);
    }

    [Fact]
    public void Every_example_is_one_of_a_command() =>
        Assert.Equal(Examples.Paths.Distinct().Order(StringComparer.Ordinal), Leaves.Select(row => row.Data).Order(StringComparer.Ordinal));

    [Fact]
    public async Task The_help_of_a_command_ends_with_its_examples_and_asks_nobody()
    {
        await using var stub = await StubGateway.StartAsync();

        var answer = await Cli.RunAsync(stub.Url, "objects", "export", "--help");

        Assert.Equal(0, answer.ExitCode);
        Assert.Contains("Example:\n  platform objects export --connection docs --since 0", answer.Output, StringComparison.Ordinal);
        Assert.Contains("--connection <connection>", answer.Output, StringComparison.Ordinal);
        Assert.Empty(stub.Requests);
    }

    // As a shell would: quoted words are one, and redirections are not the command's.
    private static ParseResult Parse(string example) =>
        CommandLine.Tree().Parse([.. Word().Matches(example).Select(word => word.Value.Trim('\'')).Where(word => word.Length > 0).Skip(1).TakeWhile(word => word is not ("<" or ">"))]);

    private static IEnumerable<(string Path, Command Command)> Walk(Command command, string path) =>
        command.Subcommands.SelectMany(sub => Walk(sub, $"{path} {sub.Name}".TrimStart())).Prepend((path, command)).Where(row => row.Item1.Length > 0);

    [GeneratedRegex(@"'[^']*'|[^\s']+")]
    private static partial Regex Word();
}
