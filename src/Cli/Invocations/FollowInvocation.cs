using System.Text.Json;
using Platform.Cli.Api;

namespace Platform.Cli.Invocations;

/// <summary>Follows an action to its end over the progress stream; a stream that breaks is taken up again.</summary>
internal static class FollowInvocation
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <returns>The final record.</returns>
    public static async Task<JsonElement> RunAsync(Call call, Invocation invocation)
    {
        var path = $"/v1/invocations/{invocation.Id}";
        string? told = null;
        var away = new Away(call.Screen, Away.Usually);
        try
        {
            while (true)
            {
                try
                {
                    await foreach (var item in call.Api.EventsAsync(path + "/progress", call.Cancel))
                    {
                        away.IsOver();
                        if (item.EventType == "end") break;
                        if (item.EventType == "progress") Tell(JsonDocument.Parse(item.Data).RootElement.To<Invocation>());
                    }

                    // What the stream says of it lacks its result.
                    var record = await call.Api.GetAsync(path, call.Cancel);
                    if (record.To<Invocation>().Final) return record;
                    away.IsOver();
                }
                catch (Exception e) when (away.Endures(e))
                {
                }

                await Task.Delay(Pause, call.Cancel);
            }
        }
        catch (Exception e) when (e is OperationCanceledException || Away.IsPassing(e))
        {
            Console.Error.WriteLine($"The action goes on. See it: platform invocations show {invocation.Id}; end it: platform invocations cancel {invocation.Id}");
            throw;
        }

        void Tell(Invocation now)
        {
            var fraction = now.Progress?.Fraction is { } part ? $" {part * 100:0} %" : "";
            var line = $"{now.Stage ?? now.State}{fraction}{(string.IsNullOrEmpty(now.Progress?.Message) ? "" : $": {now.Progress.Message}")}";
            if (line != told) call.Screen.Note("  " + (told = line));
        }
    }
}
