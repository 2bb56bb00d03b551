using System.CommandLine;
using Platform.Cli.Api;

namespace Platform.Cli.Rejects;

internal static class ReplayReject
{
    public static Command Command()
    {
        var id = new Argument<long>("reject") { Description = "Its id, as rejects list shows it." };
        var remoteId = new Option<string?>("--remote-id") { Description = "A key instead of the object's own." };
        var replace = new Option<bool>("--replace-invalid") { Description = "What is no UTF-8, and U+0000, becomes U+FFFD." };
        var force = new Option<bool>("--force") { Description = "Also over an object that was written after it." };
        return new Command("replay", "Stores one after all.") { id, remoteId, replace, force }.Does(async call =>
        {
            var body = new { RemoteId = call.Get(remoteId), ReplaceInvalid = call.Get(replace), Force = call.Get(force) };
            var json = await call.Api.PostAsync($"/v1/rejects/{call.Get(id)}/replay", body, call.Cancel);
            call.Screen.Document(json);
            var replayed = json.To<Replayed>();
            call.Screen.Say($"{replayed.RemoteId}: {replayed.Result}.");
            return ExitCode.Ok;
        });
    }
}
