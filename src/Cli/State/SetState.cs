using System.CommandLine;
using System.Text;
using Platform.Cli.Api;

namespace Platform.Cli.State;

internal static class SetState
{
    public static Command Command()
    {
        var connection = new Argument<string>("connection") { Description = "The connection's name." };
        var stream = new Option<string>("--stream") { Description = "The stream; connectors without streams have one named ''.", DefaultValueFactory = _ => "" };
        var state = new Option<string?>("--state") { Description = "The state, kept byte for byte; - reads standard input." };
        var file = new Option<string?>("--state-file") { Description = "A file with the state." };
        var version = new Option<string?>("--if-version") { Description = "Only if the states are still those of this version, as show --json says it; without it whatever is there is replaced." };
        return new Command("set", "Makes the next run go on from another place.") { connection, stream, state, file, version }.Does(async call =>
        {
            if (call.Get(state) is null == call.Get(file) is null)
                throw new CliException(ExitCode.Usage, "bad_usage", "Give either --state or --state-file.");
            var bytes = await ReadAsync(call.Get(state), call.Get(file), call.Cancel);
            var path = ShowState.PathOf(call.Get(connection));
            var expected = call.Get(version) ?? (await call.Api.GetAsync(path, call.Cancel)).To<ConnectionState>().Version;
            // As bytes, whatever they are: JSON in a body of JSON would lose the space around it.
            var body = new { Stream = call.Get(stream), StateBase64 = Convert.ToBase64String(bytes) };
            var json = await call.Api.PutAsync(path, body, $"\"{expected}\"", call.Cancel);
            call.Screen.Document(json);
            ShowState.Print(call.Screen, json.To<ConnectionState>());
            return ExitCode.Ok;
        });
    }

    private static async Task<byte[]> ReadAsync(string? state, string? file, CancellationToken cancel)
    {
        if (state == "-")
        {
            using var input = new MemoryStream();
            await using var standard = Console.OpenStandardInput();
            await standard.CopyToAsync(input, cancel);
            return input.ToArray();
        }

        if (file is null) return Encoding.UTF8.GetBytes(state!);
        if (!File.Exists(file)) throw new CliException(ExitCode.Usage, "no_such_file", $"There is no file {Path.GetFullPath(file)}.");
        return await File.ReadAllBytesAsync(file, cancel);
    }
}
