using System.CommandLine;
using System.Text.Json;
using Platform.Cli.Actions;
using Platform.Cli.Api;

namespace Platform.Cli.Subscriptions;

/// <summary><c>subscriptions …</c>: what connections hear of by themselves.</summary>
internal static class SubscriptionCommands
{
    private static readonly string[] Columns = ["id", "event", "state", "received", "last", "arguments", "error"];

    public static Command Create()
    {
        var (connection, name) = (new Argument<string>("connection") { Description = "The connection's name." }, new Argument<string>("event") { Description = "As the connector's specification names the stream." });
        var values = new Argument<string[]>("key=value") { Description = "Arguments; the event knows their types.", Arity = ArgumentArity.ZeroOrMore, DefaultValueFactory = _ => [] };
        var arguments = new Option<string?>("--arguments") { Description = "All arguments as a JSON object instead; - reads standard input." };
        return new Command("create", "Lets objects come by themselves, as the connector publishes them.") { connection, name, values, arguments }.Does(async call =>
        {
            var given = await InvokeAction.ReadAsync(call.Get(values), call.Get(arguments), call.Cancel);
            var created = await call.Api.PostAsync(PathOf(call.Get(connection)), new { @event = call.Get(name), arguments = given }, call.Cancel);
            call.Screen.Document(created);
            var subscription = created.To<Subscription>();
            call.Screen.Say($"Subscription {subscription.Id} to {subscription.Event} is {subscription.State}. See it: platform subscriptions show {call.Get(connection)} {subscription.Id}");
            return ExitCode.Ok;
        });
    }

    public static Command List()
    {
        var connection = new Argument<string>("connection") { Description = "The connection's name." };
        return new Command("list", "Lists a connection's subscriptions, the oldest first.") { connection }.Does(async call =>
        {
            var json = await call.Api.GetAsync(PathOf(call.Get(connection)), call.Cancel);
            call.Screen.Document(json);
            call.Screen.Table(Columns, json.To<Page>().Items.Select(item => Cells(item.To<Subscription>())), "No subscriptions.");
            return ExitCode.Ok;
        });
    }

    public static Command Show()
    {
        var (connection, id) = (new Argument<string>("connection") { Description = "The connection's name." }, new Argument<string>("subscription") { Description = "Its id, as list shows it." });
        return new Command("show", "Shows one, and why it fails if it does.") { connection, id }.Does(async call =>
        {
            var json = await call.Api.GetAsync(PathOf(call.Get(connection), call.Get(id)), call.Cancel);
            call.Screen.Document(json);
            call.Screen.Say(JsonSerializer.Serialize(json, ApiJson.Indented));
            return ExitCode.Ok;
        });
    }

    public static Command Delete()
    {
        var (connection, id) = (new Argument<string>("connection") { Description = "The connection's name." }, new Argument<string>("subscription") { Description = "Its id, as list shows it." });
        return new Command("delete", "Ends one; the objects that it brought stay.") { connection, id }.Does(async call =>
        {
            await call.Api.DeleteAsync(PathOf(call.Get(connection), call.Get(id)), call.Cancel);
            call.Screen.Document(new { Id = call.Get(id), Deleted = true });
            call.Screen.Say($"Deleted subscription {call.Get(id)}.");
            return ExitCode.Ok;
        });
    }

    private static string PathOf(string connection, string? id = null) =>
        $"/v1/connections/{Uri.EscapeDataString(connection)}/subscriptions{(id is null ? "" : $"/{Uri.EscapeDataString(id)}")}";

    private static string?[] Cells(Subscription subscription) =>
    [
        subscription.Id.ToString(), subscription.Event, subscription.State, $"{subscription.Received}", subscription.LastReceivedAt?.ToString("u"),
        subscription.Arguments.GetRawText(), subscription.Error?.Code,
    ];

    private sealed record Subscription(
        Guid Id, string Event, JsonElement Arguments, string State, long Received, DateTimeOffset? LastReceivedAt, SubscriptionError? Error);

    private sealed record SubscriptionError(string Code, string Message);
}
