using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Platform.Cli.Api;
using Platform.Cli.Objects;

namespace Platform.Cli.Events;

/// <summary><c>events</c>: what happened, and what happens; a stream that breaks is taken up where it broke.</summary>
internal static partial class EventsCommand
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    public static Command Command()
    {
        var types = new Option<string[]>("--type") { Description = "Only events of this type, such as sync.* (quote it); may be given several times." };
        var connections = new Option<string[]>("--connection") { Description = "Only events about this connection; may be given several times." };
        var follow = new Option<bool>("--follow", "-f") { Description = "Print those to come, until Ctrl-C." };
        var after = new Option<string?>("--after") { Description = "Begin behind the event with this id." };
        var from = new Option<string?>("--from") { Description = "Without --after: beginning, at the oldest event that is kept, or now. With --follow it is now by default, else beginning." };
        from.AcceptOnlyFromAmong("beginning", "now");
        return new Command("events", "Prints the events that are kept, or those to come: platform events --follow --type 'sync.*' --connection docs") { types, connections, follow, after, from }.Does(async call =>
        {
            var path = ListObjects.Query("/v1/events", [
                .. (call.Get(types) ?? []).Select(type => ("type", (string?)type)), .. (call.Get(connections) ?? []).Select(connection => ("connection", (string?)connection)), ("from", call.Get(from)),
            ]);
            if (call.Get(follow)) return await FollowAsync(call, path, call.Get(after));
            await foreach (var item in call.Api.ListAsync(ListObjects.Query(path, ("after", call.Get(after))), call.Cancel))
            {
                call.Screen.Item(item);
                Say(call.Screen, item.GetProperty("id").ToString(), item.GetProperty("event"));
            }

            return ExitCode.Ok;
        });
    }

    /// <summary>Until Ctrl-C, however often the stream breaks; only a gateway that was never there ends it.</summary>
    private static async Task<int> FollowAsync(Call call, string path, string? last)
    {
        var (away, reached) = (new Away(call.Screen, atMost: null), false);
        try
        {
            while (true)
            {
                try
                {
                    await foreach (var item in call.Api.EventsAsync(path, call.Cancel, last, OnOpen, place => last = place))
                    {
                        var e = JsonElement.Parse(item.Data);
                        call.Screen.Item(new { id = long.TryParse(item.EventId, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : (long?)null, @event = e });
                        Say(call.Screen, item.EventId ?? "", e);
                    }
                }
                catch (Exception e) when ((reached || e is ApiException) && away.Endures(e))
                {
                }

                await Task.Delay(Pause, call.Cancel);
            }
        }
        finally
        {
            if (last is not null) call.Screen.Note($"To go on behind what was seen: --after {last}");
        }

        void OnOpen()
        {
            reached = true;
            away.IsOver();
        }
    }

    // For the eye: no escapes that JSON does not need, and times as everywhere here.
    private static void Say(Screen screen, string id, JsonElement e) => screen.Say(
        $"{id} {e.GetProperty("time").GetString()} {e.GetProperty("type").GetString()} {OfUtc().Replace(JsonSerializer.Serialize(e.GetProperty("data"), ApiJson.Options), "Z\"")}");

    [GeneratedRegex(@"(?<=""\d{4}-\d\d-\d\dT[\d:.]+)\+00:00""")]
    private static partial Regex OfUtc();
}
