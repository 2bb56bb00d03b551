using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Platform.Connectors;

namespace Platform.Samples.ActingConnector;

/// <param name="Peer">The test: what an action does is to tell it a word, and it does not go on before the test has answered.</param>
internal sealed record ActingOptions(
    [Parameter("Address of the test.")] string Peer, [Parameter("Of nobody's account.", Secret = true)] string Token = "");

internal sealed record Word([Parameter("What the test is told.")] string Text);

internal sealed record EchoArguments([Parameter("")] string Text, [Parameter("", Secret = true)] string? Pin = null, [Parameter("")] int Copies = 1);

internal sealed record LargeArguments([Parameter("Of the result.")] int Bytes);

internal sealed class ActingConnector : Connector<ActingOptions>
{
    private static readonly HttpClient Http = new() { Timeout = Timeout.InfiniteTimeSpan };

    public override async IAsyncEnumerable<SyncMessage> SyncAsync(
        ActingOptions options, SyncContext context, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return SyncMessage.Progress($"listing as {options.Token}");
        await TellAsync(options, "sync", cancellationToken);
        yield return SyncMessage.Result($"done as {options.Token}");
    }

    public override async Task<IReadOnlyList<CheckResult>> CheckAsync(ActingOptions options, CancellationToken cancellationToken) =>
        await TellAsync(options, "check", cancellationToken) == "no"
            ? [CheckResult.Pass("peer", "It answers."), CheckResult.Fail("token", $"The token {options.Token} is not known.", "Ask for another.")]
            : [CheckResult.Pass("peer", "It answers.")];

    [Action("Reads.")]
    public Task<string> LookAsync(ActingOptions options, Word word, CancellationToken cancellationToken) => TellAsync(options, word.Text, cancellationToken);

    [Action("Changes.", Mutates = true)]
    public Task<string> NoteAsync(ActingOptions options, Word word, CancellationToken cancellationToken) => TellAsync(options, word.Text, cancellationToken);

    [Action("Changes, and wants to be alone.", Mutates = true, Exclusive = true)]
    public Task<string> AloneAsync(ActingOptions options, Word word, CancellationToken cancellationToken) => TellAsync(options, word.Text, cancellationToken);

    [Action("May be repeated.", Idempotent = true)]
    public Task<string> TryAsync(ActingOptions options, Word word, CancellationToken cancellationToken) => TellOrFailAsync(options, word, cancellationToken);

    [Action("May not be repeated.")]
    public Task<string> TryOnceAsync(ActingOptions options, Word word, CancellationToken cancellationToken) => TellOrFailAsync(options, word, cancellationToken);

    [Action("Says what it was given, secrets too.")]
    public async Task<string[]> EchoAsync(ActingOptions options, EchoArguments arguments, ActionContext context)
    {
        context.Log.LogInformation("The token is {Token}, the pin {Pin}", options.Token, arguments.Pin);
        await context.Report($"with the pin {arguments.Pin}", 0.5);
        return [.. Enumerable.Repeat($"{arguments.Text} {arguments.Pin} {options.Token}", arguments.Copies)];
    }

    [Action("Does not do it.")]
    public Task FailAsync(ActingOptions options) => throw new ActionException("out_of_stock", $"There is nothing left for {options.Token}.");

    [Action("Does not like its arguments.", Mutates = true)]
    public Task RefuseAsync(ActingOptions options, Word word) =>
        throw new ActionException("bad_word", $"'{word.Text}' is not a word.", violations: [new("text", $"{options.Token} knows no such word.")]);

    [Action("Answers much.")]
    public Task<string> LargeAsync(LargeArguments arguments) => Task.FromResult(new string('x', arguments.Bytes));

    [Action("Ends in the midst of its work.")]
    public async Task CrashAsync(ActingOptions options, CancellationToken cancellationToken)
    {
        await TellAsync(options, "crash", cancellationToken);
        await Console.Error.WriteLineAsync("the last words");
        Environment.Exit(3);
    }

    [Action("Is deaf.")]
    public async Task IgnoreAsync(ActingOptions options, ActionContext context)
    {
        await context.Report("deaf", 0.25);
        await TellAsync(options, "deaf", CancellationToken.None);
        await Task.Delay(Timeout.Infinite, CancellationToken.None);
    }

    private static async Task<string> TellOrFailAsync(ActingOptions options, Word word, CancellationToken cancellationToken) =>
        await TellAsync(options, word.Text, cancellationToken) is var answer && answer == "again" ? throw new ActionException("away", "The source is away.", retryable: true) : answer;

    private static async Task<string> TellAsync(ActingOptions options, string word, CancellationToken cancellationToken)
    {
        using var answer = await Http.PostAsync($"{options.Peer}/{word}", null, cancellationToken);
        return await answer.Content.ReadAsStringAsync(cancellationToken);
    }
}
