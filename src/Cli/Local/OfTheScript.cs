using System.CommandLine;

namespace Platform.Cli.Local;

/// <summary><c>test</c>, <c>bench</c>: done by the checkout's script before this program is asked; here for the help, and to say so elsewhere.</summary>
internal static class OfTheScript
{
    public static Command Test() => Of(new Command("test", "Builds and runs the platform's tests; the last line counts them.")
    {
        new Argument<string?>("filter") { Description = "Part of a test's full name.", Arity = ArgumentArity.ZeroOrOne },
        new Option<bool>("--all") { Description = "The long matrices too." },
    });

    public static Command Bench() => Of(new Command("bench", "Builds and runs a benchmark of the platform.")
    {
        new Argument<string>("name") { Description = "Which; without one the script lists them." },
        new Option<bool>("--full") { Description = "Takes its time." },
        new Option<bool>("--smoke") { Description = "Only shows that it works." },
        new Option<string?>("--output") { Description = "A folder for the JSON with every sample; artifacts/bench by default." },
    });

    private static Command Of(Command command) => command.Does(_ => throw new CliException(
        ExitCode.Usage, "no_checkout", $"{command.Name} belongs to the script ./platform of a checkout, which builds what it needs.", $"./platform {command.Name}"));
}
