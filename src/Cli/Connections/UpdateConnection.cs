using System.CommandLine;
using Platform.Cli.Api;

namespace Platform.Cli.Connections;

internal static class UpdateConnection
{
    public static Command Command()
    {
        var name = new Argument<string>("name") { Description = "The connection's." };
        var options = new Option<string?>("--options") { Description = "New options. Where the connector describes itself: a JSON object with what is to be other; null removes a member, the rest stays. - reads standard input." };
        var file = new Option<string?>("--options-file") { Description = "A file with them." };
        var defaults = new Option<string[]>("--default") { Description = "Lead this setting back to its default, such as max-attempts; may be given several times." };
        var version = new Option<string?>("--if-match") { Description = "Only if the connection is still as show told it: its version." };
        var settings = new SettingOptions();
        var command = new Command("update", "Changes a connection; what is not given stays. Runs that are under way keep what they were started with.") { name, options, file, defaults, version };
        settings.AddTo(command);
        return command.Does(async call =>
        {
            var body = settings.Of(call);
            foreach (var field in call.Get(defaults) ?? [])
                body[field.Replace('-', '_')] = null;
            if (await CreateConnection.ReadAsync(call.Get(options), call.Get(file), call.Cancel) is { } text)
                body["options"] = text;
            var path = ShowConnection.PathOf(call.Get(name));
            var expected = call.Get(version) ?? (await call.Api.GetAsync(path, call.Cancel)).To<Connection>().Version;
            var changed = await call.Api.PatchAsync(path, body, $"\"{expected}\"", call.Cancel);
            call.Screen.Document(changed);
            call.Screen.Say($"Connection {changed.To<Connection>().Name} is at version {changed.To<Connection>().Version}; runs that start from now on take it.");
            return ExitCode.Ok;
        });
    }
}
