using System.Globalization;
using Grpc.Core;
using Grpc.Core.Internal;
using Grpc.Net.Internal;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Grpc.AspNetCore.Server.Internal;

// How it ends: by the handler's return, its exception, or the deadline; once.
internal sealed partial class HttpServerCallContext
{
    // The handler is done.
    public Task EndAsync() => EndAsync(StatusCore);

    public Task EndAsync(Exception exception)
    {
        switch (exception)
        {
            case RpcException rpc:
                Log.Failed(logger, method.FullName, rpc.StatusCode, rpc.Status.Detail);
                foreach (var entry in rpc.Trailers)
                    ResponseTrailersCore.Add(entry);

                return EndAsync(rpc.Status);
            case BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } bad:
                return EndAsync(new Status(StatusCode.ResourceExhausted, bad.Message));
            case Exception when EndedBefore(exception):
                Log.CutShort(logger, exception, method.FullName);
                return EndAsync(new Status(StatusCode.Cancelled, "The call was cancelled."));
            default:
                Log.Threw(logger, exception, method.FullName);
                var detail = options.EnableDetailedErrors == true ? $" {exception.GetType().Name}: {exception.Message}" : "";
                return EndAsync(new Status(StatusCode.Unknown, "Exception was thrown by handler." + detail, exception));
        }
    }

    // Whether the end of the call is why the handler threw, not the other way round.
    private bool EndedBefore(Exception exception) =>
        clientLeft || endAtDeadline is not null || http.RequestAborted.IsCancellationRequested
        || (exception is OperationCanceledException && CancellationTokenCore.IsCancellationRequested);

    // For a call that ended before its client did. Kestrel resets such a stream, then keeps it for five seconds and counts it
    // against its connection, until that takes no more calls. A client that hears of the status first ends its side at once.
    public async Task LetTheClientEndAsync()
    {
        if (requestRead || endAtDeadline is not null || http.RequestAborted.IsCancellationRequested)
            return;

        using var patience = new CancellationTokenSource(CompletionWait);
        try
        {
            await http.Response.CompleteAsync();
            var body = http.Request.BodyReader;
            while (await body.ReadAsync(patience.Token) is { IsCompleted: false } rest)
                body.AdvanceTo(rest.Buffer.End);
        }
        catch (Exception)
        {
            // It went away, or takes its time, or the handler left a read behind: the status is sent, the rest concerns nobody.
        }
    }

    private async Task EndAsync(Status status)
    {
        Task pending;
        bool mine;
        lock (gate)
        {
            mine = !ended;
            ended = true;

            // A handler may return without having awaited its last write; and where the deadline ends the call, the
            // response is in use until that is done.
            pending = (mine ? write?.Task : endAtDeadline) ?? Task.CompletedTask;
        }

        await pending;
        if (mine)
            WriteStatus(status);
    }

    private void WriteStatus(Status status)
    {
        if (http.RequestAborted.IsCancellationRequested)
        {
            Tell(status.StatusCode);
            return;
        }

        // Before anything of the body, the trailers are the headers of the whole answer.
        var alone = !bodyStarted && !http.Response.HasStarted;
        try
        {
            foreach (var entry in trailers ?? Metadata.Empty)
            {
                if (!WireFormat.IsReserved(entry.Key))
                    Append(entry.Key, WireFormat.HeaderValue(entry));
            }
        }
        catch (InvalidOperationException exception)
        {
            Log.Threw(logger, exception, method.FullName);
            status = new Status(StatusCode.Internal, "The response trailers cannot be sent.");
        }

        var code = ((int)status.StatusCode).ToString(CultureInfo.InvariantCulture);
        Append(WireFormat.StatusHeader, code);
        if (!string.IsNullOrEmpty(status.Detail))
            Append(WireFormat.MessageHeader, WireFormat.EncodeMessage(status.Detail));

        Tell(status.StatusCode);

        void Append(string name, string value)
        {
            if (alone)
                http.Response.Headers.Append(name, value);
            else
                http.Response.AppendTrailer(name, value);
        }
    }

    // Under the names that grpc-dotnet uses.
    private void Tell(StatusCode status)
    {
        http.Features.Get<IHttpActivityFeature>()?.Activity.SetTag("grpc.status_code", ((int)status).ToString(CultureInfo.InvariantCulture));
        if (counted)
            CallEvents.Server.CallEnded(status);
    }

    private TimeSpan Due()
    {
        var left = deadline - DateTime.UtcNow;
        return left < TimeSpan.Zero ? TimeSpan.Zero : left < LongestTimer ? left : LongestTimer;
    }

    private void OnTimer()
    {
        lock (gate)
        {
            if (ended)
                return;

            if (Due() > TimeSpan.Zero)
            {
                deadlineTimer!.Change(Due(), Timeout.InfiniteTimeSpan);
                return;
            }

            ended = true;
            endAtDeadline = EndAtDeadlineAsync(write?.Task ?? Task.CompletedTask);
        }
    }

    // The caller hears of the deadline even if the handler does not listen to its token.
    private async Task EndAtDeadlineAsync(Task pending)
    {
        await Task.Yield();
        try
        {
            Log.DeadlineExceeded(logger, method.FullName);
            await cancellation!.CancelAsync();
        }
        catch (AggregateException exception)
        {
            // From what the handler registered with its token.
            Log.Threw(logger, exception, method.FullName);
        }

        // A caller that does not read keeps a write from ending, and the response from completing.
        var reset = http.Features.Get<IHttpResetFeature>();
        await Task.WhenAny(pending, Task.Delay(CompletionWait));
        if (!pending.IsCompleted)
        {
            Tell(StatusCode.DeadlineExceeded);
            reset?.Reset(Cancel);
            return;
        }

        WriteStatus(new Status(StatusCode.DeadlineExceeded, ""));
        var complete = http.Response.CompleteAsync();
        await Task.WhenAny(complete, Task.Delay(CompletionWait));
        reset?.Reset(complete.IsCompletedSuccessfully ? NoError : Cancel);
    }
}
