using System.CommandLine;
using System.Text.Json;
using Platform.Cli.Api;
using Platform.Cli.Installs;

namespace Platform.Cli.Images;

/// <summary><c>image build</c>: has the platform build a folder's image, and follows the log to its end.</summary>
internal static class BuildImage
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    private sealed record Build(Guid Id, string State, string Name, string? Image, InstallError? Error)
    {
        public bool Final => State is "succeeded" or "failed" or "cancelled";
    }

    public static Command Command()
    {
        var folder = new Argument<string>("folder") { Description = "A folder with a Dockerfile, or a connector's package that is built from one; on the platform's machine, below its local roots." };
        var name = new Option<string>("--tag", "-t") { Description = "What the image is to be called, such as demo:1.2.", Required = true };
        return new Command("build", "Builds the image of a folder by the platform's container engine.") { folder, name }.Does(async call =>
        {
            var begun = (await call.Api.PostAsync("/v1/images/builds", new { folder = Path.GetFullPath(call.Get(folder)), name = call.Get(name) }, call.Cancel)).To<Build>();
            var end = await WaitAsync(call, begun.Id);
            call.Screen.Document(end);
            return Tell(call.Screen, end.To<Build>());
        });
    }

    private static int Tell(Screen screen, Build build)
    {
        if (build.State == "succeeded")
        {
            screen.Say($"Built {build.Name}, {build.Image}");
            return ExitCode.Ok;
        }
        if (build.Error is { } error) FollowInstall.Tell(screen, error, error.Message);
        return ExitCode.Failed;
    }

    private static async Task<JsonElement> WaitAsync(Call call, Guid id)
    {
        var path = $"/v1/images/builds/{id}";
        using var done = CancellationTokenSource.CreateLinkedTokenSource(call.Cancel);
        var log = FollowInstall.PrintLogAsync(call, path + "/log", done.Token);
        try
        {
            while (true)
            {
                var json = await call.Api.GetAsync(path, call.Cancel);
                if (json.To<Build>().Final)
                {
                    // Nothing comes any more; what is under way is printed to its end.
                    await Task.WhenAny(log, Task.Delay(Pause * 10, call.Cancel));
                    return json;
                }
                await Task.Delay(Pause, call.Cancel);
            }
        }
        finally
        {
            await done.CancelAsync();
            await log;
        }
    }
}
