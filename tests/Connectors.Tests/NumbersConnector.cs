using System.ComponentModel.DataAnnotations;
using System.Runtime.CompilerServices;
using Platform.Connectors;

internal sealed record NumbersOptions(
    [Parameter("Count up to this number."), Range(1, 1_000_000)] int UpTo,
    [Parameter("What the source asks for.", Secret = true)] string? Token = null);

[Connector("numbers", Version = "1.0", Summary = "The whole numbers from 1 on")]
[Stream("numbers", "One object per number", Incremental = true)]
internal sealed class NumbersConnector : Connector<NumbersOptions>
{
    public override async IAsyncEnumerable<SyncMessage> SyncAsync(
        NumbersOptions options, SyncContext context, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var last = context.State<Position>("numbers")?.Last ?? 0;
        yield return last == 0 ? SyncMessage.BeginFull("numbers")
            : context.CanContinue("numbers") ? SyncMessage.BeginContinued("numbers")
            : SyncMessage.BeginIncremental("numbers");
        foreach (var page in Enumerable.Range(last + 1, Math.Max(0, options.UpTo - last)).Chunk(500))
        {
            await Task.Yield(); // Here a real source would be asked.
            yield return SyncMessage.Page([.. page.Select(n => new DataObject($"{n}", "number", $"number:{n}", "{}"))]);
            yield return SyncMessage.State(new Position(page[^1]));
            yield return SyncMessage.Progress($"at {page[^1]}", (double)page[^1] / options.UpTo);
        }
    }

    public override async Task<IReadOnlyList<CheckResult>> CheckAsync(NumbersOptions options, CancellationToken cancellationToken)
    {
        await Task.Yield();
        return [options.Token is "expired"
            ? CheckResult.Fail("token", "The source refuses the token.", "Get another one.")
            : CheckResult.Pass("token", "The source takes the token.")];
    }

    [Action("Adds numbers up.")]
    public async Task<Sum> AddAsync(Numbers arguments, ActionContext context, CancellationToken cancellationToken)
    {
        await context.Report("adding", 0.5);
        return arguments.Values.Count > 0
            ? new(arguments.Values.Sum())
            : throw new ActionException("nothing_to_add", "There are no numbers.", violations: [new("values", "At least one number.")]);
    }
}

internal sealed record Position(int Last);

internal sealed record Numbers([Parameter("To be added.")] IReadOnlyList<int> Values);

internal sealed record Sum(int Total);
