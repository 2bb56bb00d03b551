using System.CommandLine;

namespace Platform.Cli.Rejects;

internal static class DismissReject
{
    public static Command Command()
    {
        var id = new Argument<long>("reject") { Description = "Its id, as rejects list shows it." };
        return new Command("dismiss", "Forgets one.") { id }.Does(async call =>
        {
            await call.Api.DeleteAsync($"/v1/rejects/{call.Get(id)}", call.Cancel);
            call.Screen.Document(new { Id = call.Get(id), Dismissed = true });
            call.Screen.Say($"Dismissed reject {call.Get(id)}.");
            return ExitCode.Ok;
        });
    }
}
