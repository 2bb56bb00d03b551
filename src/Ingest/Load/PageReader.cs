using System.Text;
using Grpc.Core;
using Platform.Ingest.V1;
using Platform.ServiceDefaults;

namespace Platform.Ingest.Load;

/// <summary>Reads the pages of a call ahead, as far as the queue has room, and checks their form.</summary>
internal static class PageReader
{
    public const int MaxStateBytes = 1 << 20;

    public const int MaxStreamNameBytes = 255;

    /// <summary>Never fails: what ends the reading is handed on through the queue, behind the pages that came before.</summary>
    public static async Task RunAsync(IAsyncStreamReader<LoadMessage> requests, PageQueue queue, CancellationToken cancellation)
    {
        try
        {
            for (var sequence = 1L; await requests.MoveNext(cancellation); sequence++)
            {
                queue.Add(Check(requests.Current, sequence));
                FaultPoints.Pass("page-received");
                await queue.WaitForRoomAsync(cancellation);
            }

            queue.Complete();
        }
        catch (Exception e)
        {
            queue.Complete(e);
        }
    }

    private static QueuedPage Check(LoadMessage message, long expected)
    {
        if (message.BodyCase != LoadMessage.BodyOneofCase.Page)
            throw Errors.BadLoadMessage($"Message {expected} after Open is not a page.");
        var page = message.Page;
        if (page.Sequence != (ulong)expected)
            throw Errors.BadLoadMessage($"Page {expected} has the number {page.Sequence}.");
        if (Encoding.UTF8.GetByteCount(page.Stream) > MaxStreamNameBytes || page.Stream.Contains('\0'))
            throw Errors.BadLoadMessage($"The stream name of page {expected} is longer than {MaxStreamNameBytes} bytes or contains U+0000.");
        if (page.State.Length > MaxStateBytes)
            throw Errors.StateTooLarge(expected, page.State.Length, MaxStateBytes);
        try
        {
            return new(
                expected, page.Stream, page.Objects.Memory, ObjectPageReader.Count(page.Objects.Span), page.Flush, page.Deletes,
                page.HasState ? (ReadOnlyMemory<byte>?)page.State.Memory : null, page.Listing);
        }
        catch (MalformedPageException e)
        {
            throw Errors.BadPage(expected, e.Message);
        }
    }
}
