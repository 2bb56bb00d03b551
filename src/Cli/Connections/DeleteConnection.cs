using System.CommandLine;

namespace Platform.Cli.Connections;

internal static class DeleteConnection
{
    public static Command Command()
    {
        var name = new Argument<string>("name") { Description = "The connection's." };
        var yes = new Option<bool>("--yes") { Description = "Do not ask." };
        return new Command("delete", "Deletes a connection with its objects, states and schedules.") { name, yes }.Does(async call =>
        {
            if (!call.Get(yes)) await AskAsync(call);
            await call.Api.DeleteAsync(ShowConnection.PathOf(call.Get(name)), call.Cancel);
            call.Screen.Document(new { Connection = call.Get(name), Deleted = true });
            call.Screen.Say($"{call.Get(name)} is deleted; what it brought is being purged.");
            return ExitCode.Ok;
        });

        async Task AskAsync(Call call)
        {
            // Nobody is there who could answer.
            if (Console.IsInputRedirected || call.Screen.Json)
                throw new CliException(ExitCode.Usage, "bad_usage", "A connection goes with all that it brought, for good.", "Say --yes.");
            await Console.Error.WriteAsync($"Delete {call.Get(name)} with all that it brought, for good? [y/N] ");
            if (await StandardInput.ReadLineAsync(call.Cancel) is not ("y" or "Y" or "yes"))
                throw new CliException(ExitCode.Usage, "not_confirmed", "Nothing was deleted.");
        }
    }
}
