using System.Text.Json;
using Platform.Cli.Api;

namespace Platform.Cli.Invocations;

/// <summary>Follows an action to its end over the progress stream; a stream that breaks is taken up again.</summary>
internal static class FollowInvocation
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>How long the gateway or the runner may be away before watching gives up; the action itself is not touched by that.</summary>
    private static readonly TimeSpan AwayAtMost = TimeSpan.FromSeconds(60);

    /// <returns>The final record.</returns>
    public static async Task<JsonElement> RunAsync(Call call, Invocation invocation)
    {
        var path = $"/v1/invocations/{invocation.Id}";
        string? told = null;
        DateTime? awaySince = null;
        try
        {
            while (true)
            {
                try
                {
                    await foreach (var item in call.Api.EventsAsync(path + "/progress", call.Cancel))
                    {
                        awaySince = null;
                        if (item.EventType == "end") break;
                        if (item.EventType == "progress") Tell(JsonDocument.Parse(item.Data).RootElement.To<Invocation>());
                    }

                    // What the stream says of it lacks its result.
                    var record = await call.Api.GetAsync(path, call.Cancel);
                    if (record.To<Invocation>().Final) return record;
                    awaySince = null;
                }
                catch (Exception e) when (e is CliException { ExitCode: ExitCode.NotReachable } or ApiException { Status: 502 or 503 })
                {
                    awaySince ??= DateTime.UtcNow;
                    if (DateTime.UtcNow - awaySince > AwayAtMost) throw;
                }

                await Task.Delay(Pause, call.Cancel);
            }
        }
        catch (OperationCanceledException)
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
