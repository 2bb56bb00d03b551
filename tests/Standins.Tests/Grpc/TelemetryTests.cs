using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Tracing;
using Grpc.Core;
using Platform.Standins.Tests.Hosting;

namespace Platform.Standins.Tests.Grpc;

// What a process's calls do is counted for the whole process: no other test may call meanwhile.
[CollectionDefinition(nameof(TelemetryTests), DisableParallelization = true)]
[Collection(nameof(TelemetryTests))]
public sealed class TelemetryTests
{
    private const string Say = "/platform.standins.tests.Echo/Say";

    // Long enough for the call to reach the server on a busy machine.
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(2);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Both_event_sources_count_calls_and_messages()
    {
        await using var server = await EchoServer.StartAsync();
        using var counters = new Counters();
        await counters.ReachAsync("Grpc.Net.Client", []);
        await counters.ReachAsync("Grpc.AspNetCore.Server", []);
        counters.Restart();
        var nowhere = new Method<byte[], byte[]>(MethodType.ClientStreaming, "nobody.Nobody", "Nothing", Marshallers.Create<byte[]>(value => value, value => value), Marshallers.Create<byte[]>(value => value, value => value));

        await server.Client.SayAsync(new EchoRequest(), cancellationToken: Cancellation);
        using var count = server.Client.Count(new EchoRequest { Count = 3 }, cancellationToken: Cancellation);
        Assert.Equal(3, await count.ResponseStream.ReadAllAsync(Cancellation).CountAsync(Cancellation));
        await FailAsync(StatusCode.NotFound, () => server.Client.SayAsync(new EchoRequest { FailWith = (int)StatusCode.NotFound }, cancellationToken: Cancellation).ResponseAsync);
        await FailAsync(StatusCode.DeadlineExceeded, () => server.Client.SayAsync(new EchoRequest { Wait = true }, deadline: DateTime.UtcNow + Deadline, cancellationToken: Cancellation).ResponseAsync);

        // Both sides watch the deadline of the call before, and either may end it first. This one's is the server's alone.
        using var http = new HttpClient();
        using var late = RawRequest.Unary(server.Address, Say, new EchoRequest { Wait = true });
        late.Headers.Add("grpc-timeout", "300m");
        using var answer = await http.SendAsync(late, Cancellation).WaitAsync(EchoServer.Patience, Cancellation);
        Assert.Equal("4", RawRequest.Status(answer));

        // Without a message: one that the server resets may or may not have been sent.
        using var nothing = server.Channel.CreateCallInvoker().AsyncClientStreamingCall(nowhere, null, new CallOptions(cancellationToken: Cancellation));
        await FailAsync(StatusCode.Unimplemented, () => nothing.ResponseAsync);
        using var chat = server.Client.Chat(cancellationToken: Cancellation);
        await chat.RequestStream.WriteAsync(new EchoRequest(), Cancellation);
        Assert.True(await chat.ResponseStream.MoveNext(Cancellation));

        await counters.ReachAsync("Grpc.Net.Client", new()
        {
            ["total-calls"] = 6,
            ["current-calls"] = 1,
            ["calls-failed"] = 3,
            ["calls-deadline-exceeded"] = 1,
            ["messages-sent"] = 5,
            ["messages-received"] = 5,
        });
        await counters.ReachAsync("Grpc.AspNetCore.Server", new()
        {
            ["total-calls"] = 6,
            ["current-calls"] = 1,
            ["calls-failed"] = 3,
            ["calls-unimplemented"] = 1,
            ["messages-sent"] = 5,
            ["messages-received"] = 6,
        });
        await Until.TrueAsync(() => counters.Since("Grpc.AspNetCore.Server", "calls-deadline-exceeded") is 1 or 2, EchoServer.Patience, () => "the server counts no deadline");
        await chat.RequestStream.CompleteAsync();
        Assert.False(await chat.ResponseStream.MoveNext(Cancellation));
        await counters.ReachAsync("Grpc.Net.Client", new() { ["current-calls"] = 0 });
        await counters.ReachAsync("Grpc.AspNetCore.Server", new() { ["current-calls"] = 0 });
        Assert.Contains(("Grpc.Net.Client", "CallStart", Say), counters.Events);
        Assert.Contains(("Grpc.Net.Client", "CallFailed", "5"), counters.Events);
        Assert.Contains(("Grpc.AspNetCore.Server", "CallStart", Say), counters.Events);
        Assert.Contains(("Grpc.AspNetCore.Server", "CallUnimplemented", "/nobody.Nobody/Nothing"), counters.Events);
    }

    [Fact]
    public async Task The_activities_of_both_sides_have_the_method_and_the_status()
    {
        await using var server = await EchoServer.StartAsync();
        using var outer = new Activity("outer").SetIdFormat(ActivityIdFormat.W3C).Start();
        using var activities = new Activities(outer.TraceId);

        await FailAsync(StatusCode.NotFound, () => server.Client.SayAsync(new EchoRequest { FailWith = (int)StatusCode.NotFound }, cancellationToken: Cancellation).ResponseAsync);
        Assert.Equal(("Grpc.Net.Client", "Grpc.Net.Client.GrpcOut", ActivityKind.Client, Say, "5"), await activities.NextAsync("Grpc.Net.Client"));
        Assert.Equal(("Microsoft.AspNetCore", "Microsoft.AspNetCore.Hosting.HttpRequestIn", ActivityKind.Server, Say, "5"), await activities.NextAsync("Microsoft.AspNetCore"));

        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var call = server.Client.SayAsync(new EchoRequest { Wait = true }, cancellationToken: cancel.Token);
        await server.State.Waiting.Task.WaitAsync(EchoServer.Patience, Cancellation);
        await cancel.CancelAsync();
        await FailAsync(StatusCode.Cancelled, () => call.ResponseAsync);
        Assert.Equal((Say, "1"), Tags(await activities.NextAsync("Grpc.Net.Client")));
        Assert.Equal((Say, "1"), Tags(await activities.NextAsync("Microsoft.AspNetCore")));
    }

    private static (string? Method, string? Status) Tags((string, string, ActivityKind, string? Method, string? Status) activity) => (activity.Method, activity.Status);

    private static async Task FailAsync(StatusCode status, Func<Task> call) => Assert.Equal(status, (await Assert.ThrowsAsync<RpcException>(call)).StatusCode);

    private sealed class Counters : EventListener
    {
        private const string Interval = "0.1";
        private readonly ConcurrentDictionary<(string Source, string Counter), double> values = new();
        private Dictionary<(string Source, string Counter), double> before = [];

        public ConcurrentQueue<(string Source, string Event, string? Argument)> Events { get; } = new();

        // Counts from here.
        public void Restart() => before = values.ToDictionary();

        public async Task ReachAsync(string source, Dictionary<string, double> expected)
        {
            var patience = Stopwatch.StartNew();
            while (values.Keys.Count(key => key.Source == source) < 6 || expected.Any(pair => Since(source, pair.Key) != pair.Value))
            {
                if (patience.Elapsed > EchoServer.Patience)
                    Assert.Equal(expected.OrderBy(pair => pair.Key), expected.Keys.Select(name => KeyValuePair.Create(name, Since(source, name))).OrderBy(pair => pair.Key));

                await Task.Delay(TimeSpan.FromMilliseconds(20), Cancellation);
            }
        }

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name is "Grpc.Net.Client" or "Grpc.AspNetCore.Server")
                EnableEvents(eventSource, EventLevel.Verbose, EventKeywords.All, new Dictionary<string, string?> { ["EventCounterIntervalSec"] = Interval });
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData)
        {
            if (eventData is { EventName: "EventCounters", Payload: [IDictionary<string, object> counter] })
                values[(eventData.EventSource.Name, (string)counter["Name"])] = (double)counter["Mean"];
            else
                Events.Enqueue((eventData.EventSource.Name, eventData.EventName ?? "", eventData.Payload is [var argument, ..] ? argument?.ToString() : null));
        }

        public double Since(string source, string name) => values.GetValueOrDefault((source, name)) - before.GetValueOrDefault((source, name));
    }

    private sealed class Activities : IDisposable
    {
        private readonly ConcurrentQueue<Activity> stopped = new();
        private readonly ActivityListener listener;

        public Activities(ActivityTraceId trace)
        {
            listener = new ActivityListener
            {
                ShouldListenTo = source => source.Name is "Grpc.Net.Client" or "Microsoft.AspNetCore",
                Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = activity =>
                {
                    // Calls of other tests may end late.
                    if (activity.TraceId == trace)
                        stopped.Enqueue(activity);
                },
            };
            ActivitySource.AddActivityListener(listener);
        }

        public async Task<(string Source, string Operation, ActivityKind Kind, string? Method, string? Status)> NextAsync(string source)
        {
            var patience = Stopwatch.StartNew();
            while (patience.Elapsed < EchoServer.Patience)
            {
                for (var left = stopped.Count; left > 0 && stopped.TryDequeue(out var activity); left--)
                {
                    if (activity.Source.Name == source)
                        return (source, activity.OperationName, activity.Kind, (string?)activity.GetTagItem("grpc.method"), (string?)activity.GetTagItem("grpc.status_code"));

                    stopped.Enqueue(activity);
                }

                await Task.Delay(TimeSpan.FromMilliseconds(20), Cancellation);
            }

            throw new TimeoutException("No activity of " + source);
        }

        public void Dispose() => listener.Dispose();
    }
}
