using System.CommandLine;
using Platform.Cli.Api;

namespace Platform.Cli.Connections;

internal static class CheckConnection
{
    // Its turn, and the connector's own time.
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromMinutes(5);

    public static Command Command()
    {
        var name = new Argument<string>("name") { Description = "The connection's." };
        return new Command("check", "Tries whether a connection would work: its options, the start of its connector, and what that says itself.") { name }.Does(async call =>
        {
            var json = await call.Api.PostAsync($"/v1/connections/{Uri.EscapeDataString(call.Get(name))}/check", null, call.Cancel, AnswerWithin);
            call.Screen.Document(json);
            var answer = json.To<CheckAnswer>();
            foreach (var check in answer.Checks)
                call.Screen.Say($"{(check.Passed ? "passed" : "FAILED")}  {check.Name}: {check.Message}{(check.Passed || check.Hint is null ? "" : $"\n  to do: {check.Hint}")}");
            return answer.Passed ? ExitCode.Ok : ExitCode.Failed;
        });
    }
}
