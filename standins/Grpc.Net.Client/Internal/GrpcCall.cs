using System.Diagnostics;
using System.Globalization;
using Grpc.Core;
using Grpc.Net.Internal;
using Microsoft.Extensions.Logging;

namespace Grpc.Net.Client.Internal;

// The life of one call, whatever its messages: it starts, and ends once, with one status. Whoever knows the end first
// (the server's trailers, the deadline, a token, Dispose, a broken transport) wins; all others find the status set.
internal abstract partial class GrpcCall(GrpcChannel channel, IMethod method, CallOptions options) : IDisposable
{
    private static readonly ActivitySource Source = new("Grpc.Net.Client");
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(40);

    private readonly TaskCompletionSource<Metadata> headers = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Outcome> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource ended = new();
    private Timer? deadlineTimer;
    private CancellationTokenRegistration cancellation;
    private Activity? activity;
    private int finished;
    private bool counted;

    public Task<Metadata> HeadersAsync => headers.Task;

    // Completes, never faults, when the call has its status.
    public Task<Outcome> Completion => completion.Task;

    // Fires when the call ends.
    public CancellationToken Ended => ended.Token;

    protected GrpcChannel Channel => channel;

    protected CallOptions Options => options;

    protected HttpResponseMessage? Response { get; set; }

    public Status GetStatus() => completion.Task.IsCompleted
        ? completion.Task.Result.Status
        : throw new InvalidOperationException("Unable to get the status because the call is not complete.");

    public Metadata GetTrailers() => completion.Task.IsCompleted
        ? completion.Task.Result.Trailers
        : throw new InvalidOperationException("Can't get the call trailers because the call has not completed successfully.");

    public void Dispose() => Finish(new Status(StatusCode.Cancelled, "gRPC call disposed."));

    public void Cancel() => Finish(new Status(StatusCode.Cancelled, "Call canceled by the client."));

    // The exception for users of a call that has ended.
    public Exception EndedException(Outcome outcome)
    {
        var exception = new RpcException(outcome.Status, outcome.Trailers);

        // Whoever hears of a deadline first, both ends mean the same.
        return channel.ThrowsOperationCanceled && outcome.Status.StatusCode is (StatusCode.Cancelled or StatusCode.DeadlineExceeded)
            ? new OperationCanceledException(exception.Message, exception, options.CancellationToken)
            : exception;
    }

    // Arms what can end the call from this side. False: it has ended already.
    protected bool Begin()
    {
        if (options.Deadline is { Kind: not DateTimeKind.Utc } local && local != DateTime.MaxValue && local != DateTime.MinValue)
            throw new InvalidOperationException("Deadline must have a kind DateTimeKind.Utc or be equal to DateTime.MaxValue or DateTime.MinValue.");

        channel.Add(this);
        if (CallEvents.Client.IsEnabled())
        {
            counted = true;
            CallEvents.Client.CallStart(method.FullName);
        }

        if (options.CancellationToken.CanBeCanceled)
            cancellation = options.CancellationToken.UnsafeRegister(static call => ((GrpcCall)call!).Cancel(), this);

        if (options.Deadline is { } deadline && deadline != DateTime.MaxValue)
        {
            var left = deadline - DateTime.UtcNow;
            if (left <= TimeSpan.Zero)
                DeadlinePassed();
            else
                StartTimer(left);
        }

        // Ended while it was armed: nobody else would disarm it.
        if (Volatile.Read(ref finished) == 0)
            return true;

        Disarm();
        return false;
    }

    protected void StartActivity()
    {
        activity = Source.StartActivity("Grpc.Net.Client.GrpcOut", ActivityKind.Client);
        activity?.SetTag("grpc.method", method.FullName).SetTag("rpc.system", "grpc").SetTag("rpc.service", method.ServiceName).SetTag("rpc.method", method.Name);
    }

    protected void CredentialsUnused() => Log.CredentialsUnused(channel.Logger, method.FullName);

    protected void HeadersReceived(Metadata received) => headers.TrySetResult(received);

    // Ends the call with a status that the server did not send; the stream is reset.
    public void Finish(Status status) => Finish(status, Metadata.Empty, answered: false);

    protected void Finish(Status status, Metadata trailers, bool answered)
    {
        if (Interlocked.Exchange(ref finished, 1) != 0)
            return;

        // A server that watches the same deadline may have reset the stream a moment before the timer fired here.
        if (status.StatusCode == StatusCode.Cancelled && options.Deadline <= DateTime.UtcNow && !options.CancellationToken.IsCancellationRequested && status.DebugException is not null)
            status = new Status(StatusCode.DeadlineExceeded, "", status.DebugException);

        var outcome = new Outcome(status, trailers, answered);
        completion.SetResult(outcome);
        Disarm();
        channel.Remove(this);
        if (status.StatusCode != StatusCode.OK)
            Log.Ended(channel.Logger, status.StatusCode, method.FullName, status.Detail, status.DebugException);

        StopActivity(status.StatusCode);
        if (counted)
            CallEvents.Client.CallEnded(status.StatusCode);

        // Reset the stream before the request's content is let go: a content that just ends would look like a half-close.
        ended.Cancel();
        Response?.Dispose();
        if (!headers.Task.IsCompleted)
            Fail(headers, EndedException(outcome));

        OnFinished(outcome);
    }

    protected abstract void OnFinished(Outcome outcome);

    protected static void Fail<T>(TaskCompletionSource<T> source, Exception exception)
    {
        if (source.TrySetException(exception))
            _ = source.Task.Exception; // observed: not everybody asks for the headers
    }

    private void StopActivity(StatusCode code)
    {
        if (activity is null)
            return;

        activity.SetTag("grpc.status_code", ((int)code).ToString(CultureInfo.InvariantCulture)).SetTag("rpc.grpc.status_code", (int)code);
        if (code != StatusCode.OK)
            activity.SetStatus(ActivityStatusCode.Error);

        // Stop makes the activity before this one current, wherever it is called: it may be the caller's own context.
        var current = Activity.Current;
        activity.Stop();
        if (current != activity)
            Activity.Current = current;
    }

    private void StartTimer(TimeSpan left)
    {
        // Set before it runs: it may fire at once, and looks for itself.
        deadlineTimer ??= new Timer(static call => ((GrpcCall)call!).DeadlinePassed(), this, Timeout.Infinite, Timeout.Infinite);
        deadlineTimer.Change(left < LongestTimer ? left : LongestTimer, Timeout.InfiniteTimeSpan);
    }

    private void DeadlinePassed()
    {
        if (options.Deadline - DateTime.UtcNow is { } left && left > TimeSpan.Zero)
            StartTimer(left);
        else
            Finish(new Status(StatusCode.DeadlineExceeded, ""));
    }

    private void Disarm()
    {
        deadlineTimer?.Dispose();

        // Not Dispose: that would wait for the very callback that may be running this.
        cancellation.Unregister();
    }

    // Answered: the status is the server's, not one found here.
    internal sealed record Outcome(Status Status, Metadata Trailers, bool Answered);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Call of {Method} ended with {StatusCode}: {Detail}")]
        public static partial void Ended(ILogger logger, StatusCode statusCode, string method, string detail, Exception? exception);

        [LoggerMessage(2, LogLevel.Warning, "The call credentials of {Method} are not used: they are only used by channels with TLS")]
        public static partial void CredentialsUnused(ILogger logger, string method);
    }
}
