using System.ComponentModel.DataAnnotations;
using System.Runtime.CompilerServices;
using Platform.Connectors;

namespace Platform.Connectors.Chaos;

/// <param name="At">start: before the first page; middle: after the first; end: after the last.</param>
internal sealed record ChaosOptions(
    [Parameter("What goes wrong; connectors/README.md lists it.")] string Fault = "none",
    [Parameter("When: start, middle or end."), AllowedValues("start", "middle", "end")] string At = "middle",
    [Parameter("Pages."), Range(1, 1_000_000)] int Pages = 3,
    [Parameter("Objects in each page."), Range(0, 100_000)] int Objects = 10,
    [Parameter("Bytes of metadata of each object."), Range(0, 250_000_000)] int Bytes = 20,
    [Parameter("Milliseconds between two pages."), Range(0, 60_000)] int PauseMs = 0,
    [Parameter("First number of the objects' keys."), Range(0, 1_000_000_000)] int First = 0,
    [Parameter("Seconds that what escapes sleeps: by this it is found among the processes."), Range(1, 1_000_000)] int Mark = 4242,
    [Parameter("A file to which actions add a line each time they run.")] string Ledger = "",
    [Parameter("A secret, which the fault leak tells everybody.", Secret = true)] string Password = "");

/// <summary>A source of numbered objects that misbehaves as its options say. Every sync lists everything and saves a state after each page.</summary>
[Connector("chaos", Summary = "Misbehaves as its options say, for tests of hosts")]
[Stream("", "Numbered things")]
internal sealed class ChaosConnector : Connector<ChaosOptions>
{
    public override async IAsyncEnumerable<SyncMessage> SyncAsync(
        ChaosOptions options, SyncContext context, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return SyncMessage.FullListing();
        if (options.At == "start")
            foreach (var message in SyncFaults.Commit(options, context))
                yield return message;
        for (var page = 0; page < options.Pages; page++)
        {
            yield return SyncMessage.Page(Things(options, page));
            // c1 has no states: there the host is told nothing by this.
            yield return SyncMessage.State(new Position(page + 1));
            if (page == 0 && options.At == "middle")
                foreach (var message in SyncFaults.Commit(options, context))
                    yield return message;
            if (options.PauseMs > 0)
                await Task.Delay(options.PauseMs, cancellationToken);
        }

        if (options.At == "end")
            foreach (var message in SyncFaults.Commit(options, context))
                yield return message;
        yield return SyncMessage.Result("""{"said":"all well"}""");
    }

    public override Task<IReadOnlyList<CheckResult>> CheckAsync(ChaosOptions options, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<CheckResult>>(options.Fault == "check"
            ? [CheckResult.Pass("first", "It is there."), CheckResult.Fail("second", $"The source refused the password {options.Password}.", "Give another one.")]
            : [CheckResult.Pass("first", "It is there.")]);

    [Action("Adds a line to the ledger, so that what was done can be counted.", Mutates = true)]
    public async Task<Counted> CountAsync(ChaosOptions options, CountArguments arguments, CancellationToken cancellationToken)
    {
        await File.AppendAllTextAsync(options.Ledger, arguments.Word + "\n", cancellationToken);
        await Task.Delay(arguments.TakesMs, cancellationToken);
        return new((await File.ReadAllLinesAsync(options.Ledger, cancellationToken)).Length);
    }

    [Action("Goes wrong as the options say, in the way of a sync.")]
    public Task<Counted> MisbehaveAsync(ChaosOptions options, ActionContext context)
    {
        foreach (var _ in SyncFaults.Commit(options, new SyncContext(context.Log)))
        {
        }

        return Task.FromResult(new Counted(0));
    }

    private static List<DataObject> Things(ChaosOptions options, int page)
    {
        var metadata = new string('m', options.Bytes);
        return [.. Enumerable.Range(options.First + page * options.Objects, options.Objects).Select(i => new DataObject($"{i:D9}", "thing", $"chaos://{i}", metadata))];
    }
}

internal sealed record Position(int Pages);

internal sealed record CountArguments([Parameter("The line."), Required] string Word, [Parameter("Milliseconds that it takes."), Range(0, 600_000)] int TakesMs = 0);

internal sealed record Counted(int Lines);
