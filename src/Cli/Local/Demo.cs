using System.CommandLine;
using System.Text.Json;
using Platform.Cli.Api;
using Platform.Cli.Connections;
using Platform.Cli.Connectors;
using Platform.Cli.Installs;
using Platform.Cli.Runs;

namespace Platform.Cli.Local;

/// <summary>
/// <c>demo</c>: the main job from end to end on real data, each step seen to work. <c>--once</c> does it on throw-away data and ends;
/// otherwise the system stays up, and a second demo uses what the first one left.
/// </summary>
internal static class Demo
{
    private const string ConnectionName = "docs";
    private const string Folder = "/usr/share/doc";
    private const int AtLeast = 1000;
    private static readonly TimeSpan EventWithin = TimeSpan.FromSeconds(30);

    public static Command Command()
    {
        var arguments = new StartArguments();
        var once = new Option<bool>("--once") { Description = "On throw-away data; stop everything at the end." };
        var command = new Command("demo", "Shows the main job end to end: install, connection, sync, objects, event.") { once };
        return arguments.AddTo(command).Does(call => call.Get(once) ? OnceAsync(call, arguments.Read(call)) : OnAsync(call, arguments.Read(call)));
    }

    private static async Task<int> OnceAsync(Call call, StartOptions options)
    {
        var folder = Directory.CreateTempSubdirectory("platform-demo-");
        try
        {
            // The database server's own user must get through to its folder.
            folder.UnixFileMode |= UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
            Environment.SetEnvironmentVariable("PLATFORM_CONFIG", Path.Combine(folder.FullName, "config.json"));
            Environment.SetEnvironmentVariable("PLATFORM_URL", null);
            Environment.SetEnvironmentVariable("PLATFORM_TOKEN", null);
            var data = Path.Combine(folder.FullName, "data");
            await using (var platform = await LocalPlatform.StartAsync(options with { Data = data, Port = LocalPlatform.FreePort(), Persistent = false }, call.Screen, call.Cancel))
                await ShowAsync(call, platform.Settings, data);
            call.Screen.Say("\nEverything was seen to work, and is stopped and removed again.");
            return ExitCode.Ok;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<int> OnAsync(Call call, StartOptions options)
    {
        if (PlatformState.Load(options.Data) is { Owner.IsAlive: true } running)
        {
            call.Screen.Say($"Using the platform that runs already: process {running.Owner.Pid}, {running.Url}");
            var settings = Settings.LoadFile() is { } file ? file with { Url = running.Url } : throw new CliException(ExitCode.NotAuthenticated, "no_token", $"A platform runs, but {Settings.Path} has no token for it.", "End it with ./platform down and start again.");
            await ShowAsync(call, settings, options.Data);
            GoOn(call.Screen, settings, options.Data);
            return ExitCode.Ok;
        }

        await using (var platform = await LocalPlatform.StartAsync(options, call.Screen, call.Cancel))
        {
            await ShowAsync(call, platform.Settings, options.Data);
            GoOn(call.Screen, platform.Settings, options.Data);
            await Up.StayAsync(platform, call);
        }

        call.Screen.Say("Stopped.");
        return ExitCode.Ok;
    }

    private static async Task ShowAsync(Call call, Settings settings, string data)
    {
        using var api = new ApiClient(settings);
        var step = call.With(api);
        var say = call.Screen.Say;

        say("\n1. Install a connector from its manifest");
        var manifest = Path.Combine(DataDirectory.Root, "artifacts", "connectors", "files", "manifest.json");
        var install = (await InstallConnector.StartAsync(api, manifest, null, call.Cancel)).To<Install>();
        Require(await FollowInstall.RunAsync(step, install) == ExitCode.Ok, "the connector could not be installed");

        say($"\n2. Create the connection {ConnectionName}: the files below {Folder}");
        await ConnectAsync(step, install.Connector);

        say("\n3. Sync it, with a consumer bound to the exchange platform.events");
        await using var events = await DemoConsumer.BindAsync(await MessagingAsync(data, call.Cancel), "sync.completed.#", call.Cancel);
        // Anew, so that a second demonstration has as much to show as the first.
        var started = (await api.PostAsync("/v1/runs", new { connection = ConnectionName, from_start = true }, call.Cancel)).To<Run>();
        var ended = await RunProgress.WatchAsync(step, started, show: true);
        Require(Sync.Report(call.Screen, ended, streamed: true) == ExitCode.Ok, "the sync did not succeed");
        var run = ended.To<Run>();

        say("\n4. A page of its objects, through the gateway");
        await ShowObjectsAsync(step, run);

        say("\n5. The event as the consumer received it");
        var heard = await events.WaitForAsync(body => body.GetProperty("run_id").GetGuid() == run.Id, EventWithin, call.Cancel)
            ?? throw Missed($"no sync.completed of run {run.Id} came within {EventWithin.TotalSeconds:0} s");
        say($"  {heard.RoutingKey}");
        foreach (var (name, value) in heard.Headers) say($"  {name}: {value}");
        say("  " + JsonSerializer.Serialize(heard.Body, ApiJson.Options));
        call.Screen.Item(new { Event = heard.Body });
    }

    private static async Task ConnectAsync(Call call, string connector)
    {
        try
        {
            await CreateConnection.CreateAsync(call.Api, ConnectionName, connector, $$"""{"root":"{{Folder}}"}""", new Dictionary<string, object?>(), call.Cancel);
            call.Screen.Say("  created");
        }
        catch (ApiException e) when (e.Code == "connection_exists")
        {
            call.Screen.Say("  is there already");
        }
    }

    /// <summary>The page for the eye; then every page, against the files counted on the disk.</summary>
    private static async Task ShowObjectsAsync(Call call, Run run)
    {
        var page = (await call.Api.GetAsync($"/v1/objects?connection={ConnectionName}&limit=5", call.Cancel)).To<Page>();
        foreach (var item in page.Items.Select(item => item.To<ObjectRow>())) call.Screen.Say($"  {item.RemoteId}  {item.Metadata}");

        long listed = 0;
        await foreach (var _ in call.Api.ListAsync($"/v1/objects?connection={ConnectionName}&limit=1000", call.Cancel)) listed++;
        var files = CountFiles(Folder);
        call.Screen.Say($"  {listed} objects in all; {files} files below {Folder}; the sync received {run.Counts?.Received}");
        Require(listed == files, $"the gateway lists {listed} objects, and there are {files} files below {Folder}");
        Require(run.Counts?.Received == files, $"the sync received {run.Counts?.Received} objects, and there are {files} files below {Folder}");
        Require(listed > AtLeast, $"there are only {listed} files below {Folder}, and a demonstration needs more than {AtLeast}");
    }

    /// <summary>As connectors/README.md says what an object is: regular files, no links; names that are UTF-8.</summary>
    private static long CountFiles(string root)
    {
        var every = new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = false };
        long count = 0;
        var folders = new Stack<DirectoryInfo>([new DirectoryInfo(root)]);
        while (folders.TryPop(out var folder))
            foreach (var entry in folder.EnumerateFileSystemInfos("*", every))
                if (entry.LinkTarget is not null || entry.Name.Contains('\uFFFD')) continue;
                else if (entry is DirectoryInfo below) folders.Push(below);
                else count++;
        return count;
    }

    private static async Task<Uri> MessagingAsync(string data, CancellationToken cancel)
    {
        var file = LocalPlatform.ConnectionsFileIn(data);
        if (!File.Exists(file)) throw Missed($"the AppHost did not write {file}");
        var connections = JsonSerializer.Deserialize<JsonElement>(await File.ReadAllTextAsync(file, cancel), ApiJson.Options);
        return new Uri(connections.GetProperty("messaging").GetString()!);
    }

    private static void GoOn(Screen screen, Settings settings, string data)
    {
        Up.Tell(screen, settings, data);
        screen.Say($"""

            Go on with
              ./platform objects list --connection {ConnectionName} --limit 10
              ./platform sync {ConnectionName} --watch
              export TOKEN={settings.Token}
              curl -H "Authorization: Bearer $TOKEN" {settings.Url}/v1/connectors
              curl -H "Authorization: Bearer $TOKEN" '{settings.Url}/v1/objects?connection={ConnectionName}&limit=2'
              curl -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '{"{\"connection\":\"" + ConnectionName + "\"}"}' {settings.Url}/v1/runs

            """);
    }

    private static void Require(bool seen, string otherwise)
    {
        if (!seen) throw Missed(otherwise);
    }

    private static CliException Missed(string what) => new(ExitCode.Failed, "demo_failed", $"The demonstration failed: {what}.", "See apphost.log in the data folder.");
}
