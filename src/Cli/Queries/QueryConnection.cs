using System.CommandLine;
using System.Text.Json;
using Platform.Cli.Api;

namespace Platform.Cli.Queries;

/// <summary><c>query</c>: asks a packaged connector in its own language, and prints the answer.</summary>
internal static class QueryConnection
{
    // The start of the connector, and what it takes to answer.
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromMinutes(10);

    public static Command Command()
    {
        var connection = new Argument<string>("connection") { Description = "The connection's name." };
        var file = new Argument<string>("file") { Description = "An NDC query as JSON; - or nothing reads standard input.", DefaultValueFactory = _ => "-" };
        var explain = new Option<bool>("--explain") { Description = "Ask how it would be answered, instead of the answer." };
        return new Command("query", "Asks a packaged connector an NDC query.") { connection, file, explain }.Does(async call =>
        {
            var query = await ReadAsync(call.Get(file)!, call.Cancel);
            var path = $"/v1/connections/{Uri.EscapeDataString(call.Get(connection)!)}/query{(call.Get(explain) ? "/explain" : "")}";
            JsonElement answer;
            try
            {
                answer = await call.Api.PostTextAsync(path, query, call.Cancel, AnswerWithin);
            }
            catch (IOException e)
            {
                throw new CliException(ExitCode.Failed, "answer_cut", $"The answer broke off: {e.Message}", "Ask for less at once, or look whether the connector still runs.");
            }

            call.Screen.Document(answer);
            call.Screen.Say(JsonSerializer.Serialize(answer, ApiJson.Indented));
            return ExitCode.Ok;
        });
    }

    private static async Task<string> ReadAsync(string file, CancellationToken cancel)
    {
        var text = file == "-" ? await StandardInput.ReadToEndAsync(cancel)
            : File.Exists(file) ? await File.ReadAllTextAsync(file, cancel)
            : throw new CliException(ExitCode.Usage, "no_such_file", $"There is no file {Path.GetFullPath(file)}.", "Give the path of a JSON file, or - for standard input.");
        return string.IsNullOrWhiteSpace(text) ? throw new CliException(ExitCode.Usage, "no_query", "There is no query to ask.", "Give it as a file or on standard input.") : text;
    }
}
