using Google.Protobuf;
using Grpc.Core;
using Platform.Connector.V1;
using Platform.Runner.Processes;
using Platform.Runner.Runs;
using Platform.ServiceDefaults;
using Check = Platform.Runner.Drivers.CheckResult;

namespace Platform.Runner.Drivers.GoPlugin.Native;

/// <summary>The platform's own contract, protos/connector.proto: app protocol 3. Everything is an answer, nothing is called back.</summary>
internal sealed class NativeSession(PluginHost plugin, ConnectorOutput output, int maxMessageBytes) : IPluginSession
{
    public const int Version = 3;

    private const int MaxChecks = 100;
    private static readonly TimeSpan SpecifyDeadline = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan WindUpLimit = TimeSpan.FromSeconds(1);
    // Pages that a connector sent before it was gone are still on their way then.
    private static readonly TimeSpan LastPagesLimit = TimeSpan.FromSeconds(5);

    private readonly Connector.V1.Connector.ConnectorClient client = new(plugin.Invoker);

    public string Protocol => GoPluginDriver.Native;

    public async Task<ConnectorSpecification?> SpecifyAsync(CancellationToken cancel)
    {
        try
        {
            var said = await client.SpecifyAsync(new(), deadline: DateTime.UtcNow + SpecifyDeadline, cancellationToken: cancel);
            return SpecificationReader.Read(said);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Unimplemented)
        {
            return null;
        }
        catch (RpcException e)
        {
            cancel.ThrowIfCancellationRequested();
            throw e.StatusCode == StatusCode.DeadlineExceeded
                ? Faults.BadSpecification([$"it was not given within {SpecifyDeadline.TotalSeconds:0} s"])
                : await plugin.ExitFaultAsync() ?? Faults.BadSpecification([$"the connector answered {e.StatusCode}: {e.Status.Detail}"]);
        }
    }

    public async Task<IReadOnlyList<Check>> CheckAsync(string options, CancellationToken cancel)
    {
        try
        {
            var reply = await client.CheckAsync(new() { Config = Config(options) }, cancellationToken: cancel);
            if (reply.Checks.Count > MaxChecks)
                throw Faults.ProtocolViolation($"it answered with {reply.Checks.Count} checks; {MaxChecks} are allowed");
            return [.. reply.Checks.Select(c => new Check(Words.Line(c.Name), c.Passed, Words.Line(c.Message), c.Hint.Length == 0 ? null : Words.Line(c.Hint)))];
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Unimplemented)
        {
            return [new("start", true, "The connector starts and answers; it can't check its options without a sync.")];
        }
        catch (RpcException e)
        {
            cancel.ThrowIfCancellationRequested();
            throw await WhyAsync(e, Faults.CheckFailed);
        }
    }

    public async Task<SyncEnd> SyncAsync(SyncWork work, CancellationToken cancel)
    {
        var pages = await work.OpenPages(work.FromStart);
        var request = new SyncRequest { Config = Config(work.Options), Streams = { work.Streams } };
        if (!work.FromStart)
            request.States.Add(pages.States
                .Where(s => work.Streams.Count == 0 || work.Streams.Contains(s.Stream))
                .Select(s => new StreamState { Stream = s.Stream, State = s.State, Continuable = s.Continuable }));
        var deadline = DateTime.UtcNow + work.TotalLimit;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using var call = plugin.Invoker.AsyncServerStreamingCall(SyncReception.Method, null, new(deadline: deadline, cancellationToken: stop.Token), request);
        var reading = new SyncReception(work, pages, output).ReadAsync(call.ResponseStream, stop.Token);

        // A connector that is gone may have left a child that holds its socket, and a page may be refused while none comes.
        await Task.WhenAny(reading, plugin.Exited, pages.Refused);
        if (!pages.Refused.IsCompleted)
            await Task.WhenAny(reading, Task.Delay(LastPagesLimit, CancellationToken.None));
        var outlived = !reading.IsCompleted;
        await stop.CancelAsync();
        await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (cancel.IsCancellationRequested && !reading.IsCompletedSuccessfully)
            throw await CancelledAsync(cancel);
        if (pages.Refused.IsCompleted)
            throw await pages.Refused;
        if (!reading.IsCompletedSuccessfully)
            await KeepAsync(pages, cancel);
        if (outlived)
            throw await plugin.ExitFaultAsync() ?? Faults.SyncFailed("the connection to it was lost");
        try
        {
            return await reading;
        }
        catch (RpcException) when (DateTime.UtcNow >= deadline)
        {
            throw Faults.SyncTimeout(work.TotalLimit, plugin.WithoutStdio);
        }
        catch (RpcException e)
        {
            throw await WhyAsync(e, Faults.SyncFailed);
        }
    }

    public async Task<ActionAnswer> InvokeAsync(ActionWork work, CancellationToken cancel)
    {
        var request = new InvokeRequest
        {
            Config = Config(work.Options),
            Action = work.Action,
            Arguments = Config(work.Arguments),
            InvocationId = work.Invocation.ToString(),
        };
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using var call = client.Invoke(request, cancellationToken: stop.Token);
        var reading = new ActionReception(work, output).ReadAsync(call.ResponseStream, stop.Token);
        await Task.WhenAny(reading, plugin.Exited);
        await Task.WhenAny(reading, Task.Delay(LastPagesLimit, CancellationToken.None));
        var outlived = !reading.IsCompleted;
        await stop.CancelAsync();
        await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (cancel.IsCancellationRequested && !reading.IsCompletedSuccessfully)
            throw await CancelledAsync(cancel);
        if (outlived)
            throw await plugin.ExitFaultAsync() ?? Faults.ActionFailed("the connection to it was lost");
        try
        {
            return await reading;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Unimplemented)
        {
            throw Faults.UnknownAction(work.Action);
        }
        catch (RpcException e)
        {
            throw await WhyAsync(e, Faults.ActionFailed);
        }
    }

    // Without options as with an empty object; what else they are not, the connector says best.
    private static ByteString Config(string options) => ByteString.CopyFromUtf8(string.IsNullOrWhiteSpace(options) ? "{}" : options);

    // What it said before it failed was said: its states let the next attempt go on from there.
    private static async Task KeepAsync(PageLoad pages, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(LastPagesLimit);
        await pages.FlushAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    // Its call has been cancelled: that was telling it.
    private async Task<OperationCanceledException> CancelledAsync(CancellationToken cancel)
    {
        plugin.BeginEnd();
        await Task.WhenAny(plugin.Exited, Task.Delay(WindUpLimit, CancellationToken.None));
        return new(cancel);
    }

    private async Task<RunFaultException> WhyAsync(RpcException e, Func<string, bool, RunFaultException> said) => e.StatusCode switch
    {
        // So ends a call whose connection broke, but also one whose connector chose that status.
        StatusCode.Unavailable or StatusCode.Cancelled or StatusCode.Internal =>
            await plugin.ExitFaultAsync() ?? said(e.Status.Detail, e.StatusCode == StatusCode.Unavailable),
        StatusCode.ResourceExhausted when e.Status.Detail.Contains("maximum configured message size", StringComparison.Ordinal) => Faults.MessageTooLarge(maxMessageBytes),
        _ => said(e.Status.Detail, false),
    };
}
