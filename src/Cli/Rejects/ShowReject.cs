using System.CommandLine;
using System.Text.Json;
using Platform.Cli.Api;

namespace Platform.Cli.Rejects;

internal static class ShowReject
{
    public static Command Command()
    {
        var id = new Argument<long>("reject") { Description = "Its id, as rejects list shows it." };
        return new Command("show", "Shows one, with its fields and bytes.") { id }.Does(async call =>
        {
            var reject = await call.Api.GetAsync($"/v1/rejects/{call.Get(id)}", call.Cancel);
            call.Screen.Document(reject);
            call.Screen.Say(JsonSerializer.Serialize(reject, ApiJson.Indented));
            return ExitCode.Ok;
        });
    }
}
