using System.CommandLine;

namespace Platform.Cli.Images;

/// <summary>What a package's command is given besides its files: <c>--env</c>.</summary>
internal static class CommandVariables
{
    /// <summary>A command's own time, the pulling of its image, and the wait for its turn.</summary>
    public static readonly TimeSpan AnswerWithin = TimeSpan.FromHours(1);

    public static Option<string[]> Option() => new("--env") { Description = "A variable for the command, as NAME=VALUE; NAME alone takes the value that it has here. May be given several times." };

    /// <summary>Values can hold anything, and are shown nowhere.</summary>
    /// <exception cref="CliException">One is no variable, or has no value.</exception>
    public static Dictionary<string, string> Of(IEnumerable<string> given)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var item in given)
        {
            var end = item.IndexOf('=', StringComparison.Ordinal);
            var name = end < 0 ? item : item[..end];
            variables[name] = end >= 0 ? item[(end + 1)..] : Environment.GetEnvironmentVariable(name)
                ?? throw new CliException(ExitCode.Usage, "bad_usage", $"--env {name} has no value, and there is no variable of that name here.", "Give it as --env NAME=VALUE.");
        }
        return variables;
    }
}
