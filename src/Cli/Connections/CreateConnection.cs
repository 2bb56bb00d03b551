using System.CommandLine;
using System.Text.Json;
using Platform.Cli.Api;

namespace Platform.Cli.Connections;

internal static class CreateConnection
{
    public static Command Command()
    {
        var name = new Argument<string>("name") { Description = "Lower-case letters, digits and hyphens." };
        var connector = new Option<string>("--connector") { Description = "The connector's name.", Required = true };
        var options = new Option<string?>("--options") { Description = "The connector's options as it documents them; - reads standard input (nobody else sees them there)." };
        var file = new Option<string?>("--options-file") { Description = "A file with the options." };
        var settingOptions = new SettingOptions();
        var command = new Command("create", "Creates a connection: a connector with its options.") { name, connector, options, file };
        settingOptions.AddTo(command);
        return command.Does(async call =>
        {
            var text = await ReadAsync(call.Get(options), call.Get(file), call.Cancel) ?? "";
            var settings = settingOptions.Of(call);
            var created = await CreateAsync(call.Api, call.Get(name), call.Get(connector)!, text, settings, call.Cancel);
            call.Screen.Document(created);
            call.Screen.Say($"Created connection {created.To<Connection>().Name} of connector {created.To<Connection>().Connector}.");
            return ExitCode.Ok;
        });
    }

    /// <param name="options">Sent as a string, byte for byte: only the connector knows its format.</param>
    public static Task<JsonElement> CreateAsync(ApiClient api, string name, string connector, string options, IReadOnlyDictionary<string, object?> settings, CancellationToken cancel) =>
        api.PostAsync("/v1/connections", new[] { KeyValuePair.Create("name", (object?)name), new("connector", connector), new("options", options) }.Concat(settings).ToDictionary(), cancel);

    /// <summary>The options as they were given; null: they were not.</summary>
    public static async Task<string?> ReadAsync(string? options, string? file, CancellationToken cancel)
    {
        if (options is not null && file is not null) throw new CliException(ExitCode.Usage, "bad_usage", "--options and --options-file exclude each other.");
        if (options == "-") return (await StandardInput.ReadToEndAsync(cancel)).TrimEnd('\n');
        if (file is null) return options;
        if (!File.Exists(file)) throw new CliException(ExitCode.Usage, "no_such_file", $"There is no file {Path.GetFullPath(file)}.");
        return await File.ReadAllTextAsync(file, cancel);
    }
}
