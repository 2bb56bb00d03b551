using System.CommandLine;
using System.CommandLine.Parsing;

namespace Platform.Cli.Usage;

/// <summary>
/// A script whose variable is not set gives an empty text. As a part of a path it would name what is above it, such as all connections, and so
/// would dots; as a filter it would let everything through. Refused for every command, unless it stands here.
/// </summary>
internal static class Texts
{
    // By their names: the unnamed stream, an object without an id, every id, a connector's own words; by its command too, where another option of the name can't.
    private static readonly HashSet<string> MayBeEmpty = ["--stream", "--remote-id", "--prefix", "--options", "state set --state"];

    // Files, folders and addresses; what filters tests, and pairs, are no names either.
    private static readonly HashSet<string> NoNames = ["manifest", "file", "folder", "path", "package", "image", "image, folder or package", "address", "url", "key=value", "filter"];

    public static RootCommand WithFullTexts(this RootCommand root)
    {
        foreach (var command in root.Subcommands) Demand(command, command.Name);
        return root;
    }

    private static void Demand(Command command, string path)
    {
        foreach (var argument in command.Arguments.Where(argument => IsText(argument.ValueType)))
            argument.Validators.Add(result => Check(result, command, argument));
        foreach (var option in command.Options.Where(option => IsText(option.ValueType) && !MayBeEmpty.Contains(option.Name) && !MayBeEmpty.Contains($"{path} {option.Name}")))
            option.Validators.Add(result => Check(result, option.Name));
        foreach (var sub in command.Subcommands) Demand(sub, $"{path} {sub.Name}");
    }

    private static bool IsText(Type type) => type == typeof(string) || type == typeof(string[]);

    private static void Check(SymbolResult result, string name)
    {
        if (result.Tokens.Any(token => token.Value.Length == 0)) result.AddError($"{name} is empty; is a variable not set?");
    }

    private static void Check(ArgumentResult result, Command command, Argument argument)
    {
        Check(result, $"<{argument.Name}>");
        if (NoNames.Contains(argument.Name)) return;
        foreach (var text in result.Tokens.Select(token => token.Value))
        {
            if (text is "." or "..") result.AddError($"<{argument.Name}> is '{text}', which is no name.");
            // The library takes what looks like an option for a name, where one is due.
            else if (text.StartsWith('-')) result.AddError(UsageErrors.NoSuchOption(command, text));
        }
    }
}
