using System.CommandLine;
using System.Text.Json;
using Platform.Cli.Api;
using Platform.Cli.Invocations;

namespace Platform.Cli.Actions;

/// <summary><c>actions invoke</c>: asks for an action and answers with its result; the exit code tells the outcome.</summary>
internal static class InvokeAction
{
    public static Command Command()
    {
        var connection = new Argument<string>("connection") { Description = "The connection's name." };
        var action = new Argument<string>("action") { Description = "As actions list shows it." };
        var values = new Argument<string[]>("key=value") { Description = "Arguments; the action knows their types.", Arity = ArgumentArity.ZeroOrMore, DefaultValueFactory = _ => [] };
        var arguments = new Option<string?>("--arguments") { Description = "All arguments as a JSON object instead; - reads standard input (nobody else sees them there)." };
        var wait = new Option<bool>("--wait") { Description = "Wait for the end however long it takes; without it for half a minute." };
        var timeout = new Option<int?>("--timeout") { Description = "Seconds that the action may take; a setting of the platform by default." };
        var key = new Option<string?>("--idempotency-key") { Description = "With the same key within a day the same request is carried out once." };
        return new Command("invoke", "Asks a connection's connector to do something; the exit code tells the outcome.")
        {
            connection, action, values, arguments, wait, timeout, key,
        }.Does(async call =>
        {
            var given = await ReadAsync(call.Get(values), call.Get(arguments), call.Cancel);
            var json = await call.Api.PostAsync(
                ListActions.PathOf(call.Get(connection), call.Get(action)), new { arguments = given, timeout_seconds = call.Get(timeout) }, call.Cancel, key: call.Get(key));
            var invocation = json.To<Invocation>();
            if (!invocation.Final && call.Get(wait)) json = await FollowInvocation.RunAsync(call, invocation);
            return Report(call.Screen, json);
        });
    }

    /// <summary>The result for whoever reads on, the outcome for a person, and the exit code.</summary>
    public static int Report(Screen screen, JsonElement json)
    {
        screen.Document(json);
        var invocation = json.To<Invocation>();
        if (!invocation.Final)
        {
            screen.Note($"The action goes on. See it: platform invocations show {invocation.Id}; end it: platform invocations cancel {invocation.Id}");
            return ExitCode.Underway;
        }

        if (invocation.Error is { } error) screen.Fail(error.Code, $"{invocation.Outcome}: {error.Message}", Details(error), error.Remedy);
        else if (invocation.Result is { } result) screen.Say(JsonSerializer.Serialize(result, ApiJson.Indented));
        else screen.Note($"The result has {invocation.ResultBytes} bytes: platform invocations result {invocation.Id}");
        return ExitCodeOf(invocation.Outcome);
    }

    private static int ExitCodeOf(string? outcome) => outcome switch
    {
        "succeeded" => ExitCode.Ok,
        "rejected" => ExitCode.Problem,
        "transient" => ExitCode.Transient,
        "timed-out" => ExitCode.TimedOut,
        "cancelled" => ExitCode.Cancelled,
        "lost" => ExitCode.Lost,
        _ => ExitCode.Failed,
    };

    private static IEnumerable<(string, string)> Details(InvocationError error) =>
        (error.Violations ?? []).Select(v => (v.Field, v.Message))
            .Concat(error.Detail is { Length: > 0 } words ? words.TrimEnd('\n').Split('\n').Select(line => ("connector", line)) : []);

    /// <summary>Arguments as they are given on the command line: pairs as texts, or JSON.</summary>
    public static async Task<JsonElement> ReadAsync(string[] values, string? arguments, CancellationToken cancel)
    {
        if (arguments is not null && values.Length > 0) throw new CliException(ExitCode.Usage, "bad_usage", "--arguments and key=value exclude each other.");
        if (arguments is not null)
        {
            try
            {
                return JsonElement.Parse(arguments == "-" ? await StandardInput.ReadToEndAsync(cancel) : arguments);
            }
            catch (JsonException e)
            {
                // Not its text: it may hold a piece of a secret.
                throw new CliException(ExitCode.Usage, "bad_arguments", $"The arguments are not JSON at line {e.LineNumber + 1}, byte {e.BytePositionInLine}.");
            }
        }

        Dictionary<string, string> named = [];
        foreach (var value in values)
        {
            var (name, text) = value.IndexOf('=') is > 0 and var at
                ? (value[..at], value[(at + 1)..])
                : throw new CliException(ExitCode.Usage, "bad_usage", $"'{value}' is not key=value.", "Give lists and objects with --arguments.");
            if (!named.TryAdd(name, text)) throw new CliException(ExitCode.Usage, "bad_usage", $"{name} is given twice.", "Give lists with --arguments.");
        }

        return JsonSerializer.SerializeToElement(named);
    }
}
