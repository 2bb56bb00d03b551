using System.CommandLine;
using System.Text.Json;
using Platform.Cli.Api;

namespace Platform.Cli.Events;

/// <summary><c>events</c>: what happened, and what happens; a stream that breaks is taken up where it broke.</summary>
internal static class EventsCommand
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>How long the gateway may be away before following gives up.</summary>
    private static readonly TimeSpan AwayAtMost = TimeSpan.FromSeconds(60);

    public static Command Command()
    {
        var types = new Option<string[]>("--type") { Description = "Only events of this type, such as sync.* (quote it); may be given several times." };
        var connections = new Option<string[]>("--connection") { Description = "Only events about this connection; may be given several times." };
        var follow = new Option<bool>("--follow", "-f") { Description = "Print those to come, until Ctrl-C." };
        var after = new Option<string?>("--after") { Description = "Begin behind the event with this id." };
        return new Command("events", "Prints the events that are kept, or those to come: platform events --follow --type 'sync.*' --connection docs") { types, connections, follow, after }.Does(async call =>
        {
            var query = string.Join('&', (call.Get(types) ?? []).Select(type => $"type={Uri.EscapeDataString(type)}")
                .Concat((call.Get(connections) ?? []).Select(connection => $"connection={Uri.EscapeDataString(connection)}")));
            if (call.Get(follow))
                await FollowAsync(call, $"/v1/events?{query}", call.Get(after));
            else
                await foreach (var item in call.Api.ListAsync($"/v1/events?{query}{(call.Get(after) is { } id ? $"&after={Uri.EscapeDataString(id)}" : "")}", call.Cancel))
                    Print(call.Screen, item.GetProperty("id").ToString(), item.GetProperty("event"));
            return ExitCode.Ok;
        });
    }

    private static async Task FollowAsync(Call call, string path, string? last)
    {
        DateTime? awaySince = null;
        while (true)
        {
            try
            {
                await foreach (var item in call.Api.EventsAsync(path, call.Cancel, last))
                {
                    awaySince = null;
                    Print(call.Screen, item.EventId ?? "", JsonElement.Parse(item.Data));
                    last = item.EventId ?? last;
                }
            }
            catch (Exception e) when (e is CliException { ExitCode: ExitCode.NotReachable } or ApiException { Status: 502 or 503 })
            {
                awaySince ??= DateTime.UtcNow;
                if (DateTime.UtcNow - awaySince > AwayAtMost) throw;
            }

            await Task.Delay(Pause, call.Cancel);
        }
    }

    private static void Print(Screen screen, string id, JsonElement e)
    {
        screen.Item(new { id, @event = e });
        screen.Say($"{id} {e.GetProperty("time").GetString()} {e.GetProperty("type").GetString()} {e.GetProperty("data").GetRawText()}");
    }
}
