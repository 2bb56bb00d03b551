using System.CommandLine;
using System.Text.Json;
using Platform.Cli.Api;
using Platform.Cli.Objects;

namespace Platform.Cli.Invocations;

/// <summary><c>invocations list|show|cancel</c>.</summary>
internal static class InvocationCommands
{
    public static Command List()
    {
        var connection = new Option<string?>("--connection") { Description = "Only actions of this connection." };
        var action = new Option<string?>("--action") { Description = "Only this action." };
        var state = new Option<string?>("--state") { Description = "Only those in this state: queued, running, succeeded, rejected, failed, transient, timed-out, cancelled, lost." };
        var limit = new Option<int?>("--limit") { Description = "At most this many, 1 to 1000; the API's default is 100." };
        var cursor = new Option<string?>("--cursor") { Description = "Go on after an earlier page: its next." };
        return new Command("list", "Lists actions that were asked for, the latest first.") { connection, action, state, limit, cursor }.Does(async call =>
        {
            var json = await call.Api.GetAsync(
                ListObjects.Query(
                    "/v1/invocations", ("connection", call.Get(connection)), ("action", call.Get(action)), ("state", call.Get(state)),
                    ("limit", call.Get(limit)?.ToString()), ("cursor", call.Get(cursor))),
                call.Cancel);
            call.Screen.Document(json);
            var page = json.To<Page>();
            call.Screen.Table(
                ["id", "connection", "action", "state", "attempts", "error", "actor", "created"],
                page.Items.Select(item => item.To<Invocation>()).Select(i => new[]
                {
                    i.Id.ToString(), i.Connection, i.Action, i.State, i.Attempts.ToString(), i.Error?.Code, i.Actor, i.CreatedAt?.ToString("u"),
                }),
                "No actions were asked for yet: platform actions list <connection>");
            if (page.Next is { } next) call.Screen.Note($"There are more: --cursor {next}");
            return ExitCode.Ok;
        });
    }

    public static Command Show()
    {
        var id = new Argument<string>("invocation") { Description = "Its id, as invocations list shows it." };
        return new Command("show", "Shows an invocation.") { id }.Does(async call =>
        {
            var json = await call.Api.GetAsync(PathOf(call.Get(id)), call.Cancel);
            call.Screen.Document(json);
            call.Screen.Say(JsonSerializer.Serialize(json, ApiJson.Indented));
            return ExitCode.Ok;
        });
    }

    public static Command Cancel()
    {
        var id = new Argument<string>("invocation") { Description = "Its id, as invocations list shows it." };
        return new Command("cancel", "Asks an action to end; it ends within seconds.") { id }.Does(async call =>
        {
            var json = await call.Api.PostAsync(PathOf(call.Get(id)) + "/cancel", null, call.Cancel);
            call.Screen.Document(json);
            call.Screen.Say($"Invocation {json.To<Invocation>().Id} is {json.To<Invocation>().State}; cancellation is asked for.");
            return ExitCode.Ok;
        });
    }

    public static string PathOf(string id) => $"/v1/invocations/{Uri.EscapeDataString(id)}";
}
