using System.CommandLine;

namespace Platform.Cli.Tests;

/// <summary>What no command can mean, and how it is told; for every command there is, and for those that are still to come.</summary>
public sealed class UsageTests
{
    // Where an empty text says something: the unnamed stream, an object without an id, every id, options and a state of no bytes.
    private static readonly HashSet<string> MayBeEmpty =
    [
        "connections create --options", "connections update --options", "connections create --stream", "connections update --stream",
        "objects list --stream", "objects export --stream", "objects list --remote-id", "objects export --remote-id", "objects list --prefix", "objects export --prefix",
        "state show --stream", "state set --stream", "state reset --stream", "state set --state", "rejects list --stream", "rejects replay --remote-id",
    ];

    // What names a file may be a folder, and where to go or what to filter by is no name.
    private static readonly HashSet<string> NoNames = ["manifest", "file", "folder", "path", "package", "image", "image, folder or package", "address", "url", "key=value", "filter"];

    public static TheoryData<string, string> Arguments => new(CommandTreeTests.Every().SelectMany(row => row.Command.Arguments.Where(argument => IsText(argument.ValueType)).Select(argument => (row.Path, argument.Name))));

    public static TheoryData<string, string> Options => new(CommandTreeTests.Every().SelectMany(row => row.Command.Options.Where(option => IsText(option.ValueType)).Select(option => (row.Path, option.Name))));

    public static TheoryData<string, string> Typed => new(CommandTreeTests.Every().SelectMany(row =>
        row.Command.Arguments.Where(argument => !IsText(argument.ValueType)).Select(argument => (row.Path, argument.Name))
            .Concat(row.Command.Options.Where(option => !IsText(option.ValueType) && option.ValueType != typeof(bool) && option.Name != "--help").Select(option => (row.Path, option.Name)))));

    [Theory]
    [MemberData(nameof(Arguments))]
    public void An_argument_that_is_empty_is_refused_by_its_name(string path, string name)
    {
        Assert.Contains(Errors(path, name, ""), error => error.StartsWith($"<{name}> is empty", StringComparison.Ordinal));
        if (!NoNames.Contains(name))
            Assert.All((string[])[".", ".."], dots => Assert.Contains($"<{name}> is '{dots}', which is no name.", Errors(path, name, dots)));
        else
            Assert.DoesNotContain(Errors(path, name, "."), error => error.Contains("which is no name", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Options))]
    public void An_option_that_is_empty_is_refused_where_that_says_nothing(string path, string name)
    {
        var command = CommandTreeTests.Every().Single(row => row.Path == path).Command;

        var errors = CommandLine.Tree().Parse([.. path.Split(' '), .. command.Arguments.Select(_ => "x"), name, ""]).Errors.Select(error => error.Message);

        if (MayBeEmpty.Contains($"{path} {name}")) Assert.DoesNotContain(errors, error => error.Contains("is empty", StringComparison.Ordinal));
        else Assert.Contains(errors, error => error.StartsWith($"{name} is empty", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Typed))]
    public async Task What_is_no_number_or_time_is_told_without_the_runtimes_names(string path, string name)
    {
        var command = CommandTreeTests.Every().Single(row => row.Path == path).Command;
        using var cli = new Cli("http://127.0.0.1:1");
        string[] args = name.StartsWith('-') ? [.. command.Arguments.Select(_ => "1"), name, "some"] : [.. command.Arguments.Select(argument => argument.Name == name ? "some" : "1")];

        var answer = await cli.RunAsync([.. path.Split(' '), .. args]);

        Assert.Equal((2, ""), (answer.ExitCode, answer.Output));
        Assert.StartsWith("error bad_usage: ", answer.Errors, StringComparison.Ordinal);
        Assert.Contains("'some'", answer.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", answer.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("type", answer.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("There is no command 'connexions'. Is connections meant?", "platform --help", "connexions", "list")]
    [InlineData("There is no command 'runs lst'. Is list meant?", "platform runs --help", "runs", "lst", "--limit", "3")]
    [InlineData("There is no command 'nonsense'.", "platform --help", "nonsense")]
    [InlineData("There is no option --conection. Is --connection meant?", "platform runs list --help", "runs", "list", "--conection", "docs")]
    [InlineData("There is no option --frobnicate.", "platform runs list --help", "runs", "list", "--frobnicate")]
    [InlineData("Required command was not provided.", "platform runs --help", "runs")]
    public async Task What_is_unknown_is_told_alone_with_what_may_be_meant(string detail, string remedy, params string[] args)
    {
        var answer = await Cli.RunAsync("http://127.0.0.1:1", args);

        Assert.Equal(new Answer(2, "", $"error bad_usage: {detail}\n  to do: {remedy}"), answer);
    }

    private static bool IsText(Type type) => type == typeof(string) || type == typeof(string[]);

    private static IEnumerable<string> Errors(string path, string name, string text) => CommandLine.Tree()
        .Parse([.. path.Split(' '), .. CommandTreeTests.Every().Single(row => row.Path == path).Command.Arguments.Select(argument => argument.Name == name ? text : "x")])
        .Errors.Select(error => error.Message);
}
