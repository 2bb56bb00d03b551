using System.CommandLine;
using System.Text.RegularExpressions;
using Platform.ServiceDefaults;

namespace Platform.Cli.Usage;

/// <summary>What is wrong with a command line, in the words of this program: the library's name types as the runtime does, and say more than is known.</summary>
internal static partial class UsageErrors
{
    /// <returns>Null: it can be carried out.</returns>
    public static CliException? Of(ParseResult parsed)
    {
        if (parsed.Errors.Count == 0) return null;
        var path = string.Join(' ', CommandLine.PathOf(parsed.CommandResult));
        return new CliException(ExitCode.Usage, "bad_usage", Unknown(parsed) ?? string.Join(" ", parsed.Errors.Select(error => Plain(error.Message))), $"{path} --help");
    }

    /// <summary>Of an option that the command does not have.</summary>
    public static string NoSuchOption(Command command, string given)
    {
        var name = given.Split('=')[0];
        return $"There is no option {name}.{Meant([.. command.Options.Select(option => option.Name), CommandLine.Json.Name], name)}";
    }

    // One unknown word makes the others unknown too, and lets what is needed be missing.
    private static string? Unknown(ParseResult parsed)
    {
        if (parsed.UnmatchedTokens.Count == 0) return null;
        var command = parsed.CommandResult.Command;
        if (parsed.UnmatchedTokens.FirstOrDefault(word => word.StartsWith('-')) is { } option && command.Subcommands.Count == 0) return NoSuchOption(command, option);
        var word = parsed.UnmatchedTokens[0];
        var path = string.Join(' ', CommandLine.PathOf(parsed.CommandResult).Skip(1).Append(word));
        if (command.Subcommands.Count > 0) return $"There is no command '{path}'.{Meant([.. command.Subcommands.Select(sub => sub.Name)], word)}";
        // An option that was taken for a name has its own error.
        return parsed.Errors.Any(error => error.SymbolResult is System.CommandLine.Parsing.ArgumentResult) ? null : $"'{word}' is more than {command.Name} takes.";
    }

    private static string Meant(IReadOnlyList<string> names, string name) => KnownNames.Nearest(names, name) is { } nearest ? $" Is {nearest} meant?" : "";

    private static string Plain(string message) => NotParsed().Match(message) is { Success: true } wrong
        ? $"{(wrong.Groups["option"] is { Success: true, Value: var option } ? option : "An argument")} is '{wrong.Groups["given"].Value}': {Wanted(wrong.Groups["type"].Value)}."
        : message;

    private static string Wanted(string type) => type.Contains(nameof(Boolean), StringComparison.Ordinal) ? "true or false" : "a whole number";

    [GeneratedRegex(@"^Cannot parse argument '(?<given>.*)' for (option '(?<option>[^']*)'|command '[^']*') as expected type '(?<type>.*)'", RegexOptions.Singleline)]
    private static partial Regex NotParsed();
}
