using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json;
using Platform.Cli.Api;

namespace Platform.Cli.Connections;

internal static class CreateConnection
{
    /// <summary>What a connection may be told besides its options; what is not given is not sent.</summary>
    public sealed record ConnectionSettings(bool? FullListing = null, double? MaxDeleteFraction = null, bool? ChangedEvents = null);

    public static Command Command()
    {
        var name = new Argument<string>("name") { Description = "Lower-case letters, digits and hyphens." };
        var connector = new Option<string>("--connector") { Description = "The connector's name.", Required = true };
        var options = new Option<string?>("--options") { Description = "The connector's options as it documents them; - reads standard input (nobody else sees them there)." };
        var file = new Option<string?>("--options-file") { Description = "A file with the options." };
        var fullListing = new Option<bool>("--full-listing") { Description = "Every run lists everything there is, whether the connector says so or not: what a run did not send is deleted." };
        var fraction = new Option<double?>("--max-delete-fraction") { Description = "A run that would delete a larger part of what is there asks first: 0 to 1, 0.5 by default.", CustomParser = Number };
        var changedEvents = new Option<bool>("--changed-events") { Description = "Tell of every object that changes: the event objects.changed." };
        return new Command("create", "Creates a connection: a connector with its options.") { name, connector, options, file, fullListing, fraction, changedEvents }.Does(async call =>
        {
            if (call.Get(options) is not null && call.Get(file) is not null)
                throw new CliException(ExitCode.Usage, "bad_usage", "--options and --options-file exclude each other.");
            var text = await ReadAsync(call.Get(options), call.Get(file), call.Cancel);
            var settings = new ConnectionSettings(call.Get(fullListing) ? true : null, call.Get(fraction), call.Get(changedEvents) ? true : null);
            var created = await CreateAsync(call.Api, call.Get(name), call.Get(connector)!, text, settings, call.Cancel);
            call.Screen.Document(created);
            call.Screen.Say($"Created connection {created.To<Connection>().Name} of connector {created.To<Connection>().Connector}.");
            return ExitCode.Ok;
        });
    }

    /// <param name="options">Sent as a string, byte for byte: only the connector knows its format.</param>
    public static Task<JsonElement> CreateAsync(ApiClient api, string name, string connector, string options, ConnectionSettings settings, CancellationToken cancel) =>
        api.PostAsync("/v1/connections", new { name, connector, options, settings.FullListing, settings.MaxDeleteFraction, settings.ChangedEvents }, cancel);

    // With a point whatever the locale: what is written in a script means the same everywhere.
    private static double? Number(ArgumentResult result)
    {
        var text = result.Tokens[^1].Value;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
            return number;
        result.AddError($"'{text}' is not a number.");
        return null;
    }

    private static async Task<string> ReadAsync(string? options, string? file, CancellationToken cancel)
    {
        if (options == "-") return (await Console.In.ReadToEndAsync(cancel)).TrimEnd('\n');
        if (file is null) return options ?? "";
        if (!File.Exists(file)) throw new CliException(ExitCode.Usage, "no_such_file", $"There is no file {Path.GetFullPath(file)}.");
        return await File.ReadAllTextAsync(file, cancel);
    }
}
