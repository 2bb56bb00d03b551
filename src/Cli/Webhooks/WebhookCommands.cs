using System.CommandLine;
using System.Text.Json;
using Platform.Cli.Api;

namespace Platform.Cli.Webhooks;

/// <summary><c>webhooks …</c>: where events are sent.</summary>
internal static class WebhookCommands
{
    private static readonly string[] Columns = ["name", "url", "types", "connections", "state"];
    private static readonly string[] DeliveryColumns = ["id", "type", "connection", "state", "attempts", "status", "attempted", "error"];

    public static Command Create()
    {
        var (name, url) = (Name(), new Argument<string>("url") { Description = "Where to; a public address, or one that up was given by --allow-outbound." });
        var (types, connections) = (Types(), Connections());
        var secret = new Option<string?>("--secret") { Description = "A file with the secret, whsec_…; - reads standard input. Without this one is made." };
        return new Command("create", "Has events sent to an address and prints the secret, this once: platform webhooks create ops https://ops.example.com/hook --type 'sync.failed'") { name, url, types, connections, secret }.Does(async call =>
        {
            var given = call.Get(secret) switch { null => null, "-" => await Console.In.ReadToEndAsync(call.Cancel), var file => await File.ReadAllTextAsync(file, call.Cancel) };
            var made = await call.Api.PostAsync("/v1/webhooks", new { name = call.Get(name), url = call.Get(url), types = call.Get(types) ?? [], connections = call.Get(connections) ?? [], secret = given?.Trim() }, call.Cancel);
            Tell(call, made, "");
            return ExitCode.Ok;
        });
    }

    public static Command List() => new Command("list", "Lists the webhooks, without their secrets.").Does(async call =>
    {
        var json = await call.Api.GetAsync("/v1/webhooks", call.Cancel);
        call.Screen.Document(json);
        call.Screen.Table(Columns, json.To<Page>().Items.Select(item => Cells(item.To<Webhook>())), "No webhooks.");
        return ExitCode.Ok;
    });

    public static Command Show()
    {
        var name = Name();
        return new Command("show", "Shows one, and why it is disabled if it is.") { name }.Does(async call => Shown(call, await call.Api.GetAsync(PathOf(call.Get(name)), call.Cancel)));
    }

    public static Command Update()
    {
        var (name, types, connections) = (Name(), Types(), Connections());
        var url = new Option<string?>("--url") { Description = "Where to." };
        var enabled = new Option<bool?>("--enabled") { Description = "false: nothing is sent; true: what happens from then on is." };
        return new Command("update", "Changes what is given and leaves the rest.") { name, url, types, connections, enabled }.Does(async call => Shown(call, await call.Api.PatchAsync(
            PathOf(call.Get(name)),
            new { url = call.Get(url), types = call.Get(types) is { Length: > 0 } t ? t : null, connections = call.Get(connections) is { Length: > 0 } c ? c : null, enabled = call.Get(enabled) }, "*", call.Cancel)));
    }

    public static Command Rotate()
    {
        var name = Name();
        var overlap = new Option<int?>("--overlap-seconds") { Description = "So long the secret before signs as well; a day by default." };
        return new Command("rotate", "Gives a webhook another secret and prints it, this once.") { name, overlap }.Does(async call =>
        {
            var made = await call.Api.PostAsync($"{PathOf(call.Get(name))}/rotate{(call.Get(overlap) is { } seconds ? $"?overlap_seconds={seconds}" : "")}", new { }, call.Cancel);
            Tell(call, made, made.To<Webhook>().PreviousUntil is { } until ? $" The one before signs as well until {until:u}." : " The one before signs no more.");
            return ExitCode.Ok;
        });
    }

    public static Command Delete()
    {
        var name = Name();
        return new Command("delete", "Removes a webhook with its deliveries.") { name }.Does(async call =>
        {
            await call.Api.DeleteAsync(PathOf(call.Get(name)), call.Cancel);
            call.Screen.Document(new { Name = call.Get(name), Deleted = true });
            call.Screen.Say($"Deleted webhook {call.Get(name)}.");
            return ExitCode.Ok;
        });
    }

    public static Command Test()
    {
        var name = Name();
        return new Command("test", "Sends an event of the type webhook.test now, once; exit code 1 when it is not taken.") { name }.Does(async call =>
        {
            var json = await call.Api.PostAsync($"{PathOf(call.Get(name))}/test", new { }, call.Cancel);
            call.Screen.Document(json);
            var tested = json.To<Tested>();
            call.Screen.Say(tested.Delivered ? $"Taken: {tested.Status} after {tested.DurationMs} ms." : $"Not taken: {tested.Error}");
            return tested.Delivered ? ExitCode.Ok : ExitCode.Failed;
        });
    }

    public static Command Deliveries()
    {
        var name = Name();
        var state = new Option<string?>("--state") { Description = "pending, delivered or dead." };
        return new Command("deliveries", "Lists what was, is or could not be sent, the newest first.") { name, state }.Does(async call =>
        {
            List<JsonElement> items = [];
            await foreach (var item in call.Api.ListAsync($"{PathOf(call.Get(name))}/deliveries{(call.Get(state) is { } given ? $"?state={Uri.EscapeDataString(given)}" : "")}", call.Cancel)) items.Add(item);
            call.Screen.Document(new { Items = items });
            call.Screen.Table(DeliveryColumns, items.Select(item => Cells(item.To<Delivery>())), "No deliveries.");
            return ExitCode.Ok;
        });
    }

    public static Command Replay()
    {
        var name = Name();
        var id = new Argument<string>("id") { Description = "Of a delivery, as deliveries shows it; without: all dead letters.", Arity = ArgumentArity.ZeroOrOne, DefaultValueFactory = _ => "" };
        return new Command("replay", "Sends one delivery again, or all dead letters.") { name, id }.Does(async call =>
        {
            var one = call.Get(id) is { Length: > 0 } given ? $"/{Uri.EscapeDataString(given)}" : "";
            var json = await call.Api.PostAsync($"{PathOf(call.Get(name))}/deliveries{one}/replay", new { }, call.Cancel);
            call.Screen.Document(json);
            call.Screen.Say($"{json.GetProperty("replayed")} will be sent again.");
            return ExitCode.Ok;
        });
    }

    private static Argument<string> Name() => new("name") { Description = "The webhook's." };

    private static Option<string[]> Types() => new("--type") { Description = "Only events of this type, such as sync.* (quote it); may be given several times." };

    private static Option<string[]> Connections() => new("--connection") { Description = "Only events about this connection; may be given several times." };

    private static string PathOf(string name) => $"/v1/webhooks/{Uri.EscapeDataString(name)}";

    private static int Shown(Call call, JsonElement json)
    {
        call.Screen.Document(json);
        call.Screen.Say(JsonSerializer.Serialize(json, ApiJson.Indented));
        return ExitCode.Ok;
    }

    private static void Tell(Call call, JsonElement made, string more)
    {
        call.Screen.Document(made);
        call.Screen.Say(made.GetProperty("secret").GetString()!);
        call.Screen.Note($"This is the secret of the webhook {made.GetProperty("name").GetString()}; nobody can show it again. Its target verifies signatures by it.{more}");
    }

    private static string?[] Cells(Webhook webhook) =>
        [webhook.Name, webhook.Url, string.Join(' ', webhook.Types), string.Join(' ', webhook.Connections), webhook.Enabled ? "enabled" : $"disabled {webhook.DisabledReason}".TrimEnd()];

    private static string?[] Cells(Delivery delivery) =>
    [
        $"{delivery.Id}", delivery.Type, delivery.Connection, delivery.State, $"{delivery.Attempts}", $"{delivery.Status}", delivery.AttemptedAt?.ToString("u"), delivery.Error,
    ];

    private sealed record Webhook(string Name, string Url, IReadOnlyList<string> Types, IReadOnlyList<string> Connections, bool Enabled, string? DisabledReason, DateTimeOffset? PreviousUntil = null);

    private sealed record Delivery(long Id, string Type, string? Connection, string State, int Attempts, int? Status, DateTimeOffset? AttemptedAt, string? Error);

    private sealed record Tested(bool Delivered, int? Status, string? Error, int DurationMs);
}
