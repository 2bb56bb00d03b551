using System.Runtime.CompilerServices;
using Platform.Connectors;

namespace Platform.Samples.SampleConnector;

/// <param name="Mode">What to do besides sending the pages: nothing (ok), print a mebibyte at several times (print), hang (hang), exit with last words (exit).</param>
internal sealed record SampleOptions(string Mode = "ok", int Pages = 3, int Objects = 10);

internal sealed class SampleConnector : Connector<SampleOptions>
{
    public override async IAsyncEnumerable<SyncMessage> SyncAsync(
        SampleOptions options, SyncContext context, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return SyncMessage.FullListing();
        for (var page = 0; page < options.Pages; page++)
        {
            if (options.Mode == "print" && page == 1)
                Printing.Megabyte("during");
            yield return SyncMessage.Page([.. Enumerable.Range(0, options.Objects).Select(n => new DataObject($"{page}-{n}", "thing", $"sample://{page}-{n}", "{}"))]);
        }

        if (options.Mode == "print")
            Printing.Megabyte("after");
        if (options.Mode == "hang")
            await Task.Delay(Timeout.Infinite, CancellationToken.None);
        if (options.Mode == "exit")
        {
            await Console.Error.WriteLineAsync("the last words on standard error");
            Environment.Exit(3);
        }

        yield return SyncMessage.Result($$"""{"mode":"{{options.Mode}}"}""");
    }
}
