using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Google.Protobuf;
using Grpc.Core;

namespace Platform.Standins.Tests.Grpc.Soak;

// Calls of all four shapes, many at a time; a third of them is cancelled, cut short, failed or let go in some state.
internal sealed class MixedLoad
{
    private const int AtATime = 32;
    private const int WatchedEvery = 20;

    private readonly EchoServer server;
    private readonly ConcurrentBag<WeakReference> watched = [];
    private readonly ConcurrentDictionary<StatusCode, int> outcomes = new();
    private long openStreams;

    public MixedLoad(EchoServer server)
    {
        this.server = server;
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument is { Meter.Name: "System.Net.Http", Name: "http.client.active_requests" })
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, change, _, _) => Interlocked.Add(ref openStreams, change));
        listener.Start();
    }

    // Requests that the client's handler is busy with.
    public long OpenStreams => Interlocked.Read(ref openStreams);

    public IReadOnlyDictionary<StatusCode, int> Outcomes => outcomes;

    // Of every twentieth call, whether anything still holds its task.
    public int CallsAlive() => watched.Count(reference => reference.IsAlive);

    public Task RunAsync(int calls) => Parallel.ForAsync(0, calls, new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = TestContext.Current.CancellationToken }, async (index, stop) =>
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var plan = new Random(index);
        var request = new EchoRequest { Count = plan.Next(1, 5), Text = "soak", Blob = ByteString.CopyFrom(new byte[plan.Next(0, 2000)]) };
        DateTime? deadline = null;
        switch (plan.Next(12))
        {
            case 0:
                cancel.CancelAfter(TimeSpan.FromMicroseconds(plan.Next(3000)));
                break;
            case 1:
                request.Wait = true;
                cancel.CancelAfter(TimeSpan.FromMilliseconds(plan.Next(1, 5)));
                break;
            case 2:
                request.Wait = plan.Next(2) == 0;
                deadline = DateTime.UtcNow.AddMilliseconds(plan.Next(1, 10));
                break;
            case 3:
                request.FailWith = (int)StatusCode.FailedPrecondition;
                break;
        }

        var status = await CallAsync(index % 4, request, new CallOptions(deadline: deadline, cancellationToken: cancel.Token), letGo: plan.Next(20) == 0, index);
        outcomes.AddOrUpdate(status, 1, (_, count) => count + 1);
    });

    private async Task<StatusCode> CallAsync(int shape, EchoRequest request, CallOptions options, bool letGo, int index)
    {
        try
        {
            switch (shape)
            {
                case 0:
                    using (var call = server.Client.SayAsync(request, options))
                    {
                        Watch(call.ResponseAsync, index);
                        if (!letGo)
                            await call;
                    }

                    break;
                case 1:
                    using (var call = server.Client.Collect(options))
                    {
                        Watch(call.ResponseAsync, index);
                        await call.RequestStream.WriteAsync(request);
                        await call.RequestStream.WriteAsync(request);
                        if (letGo)
                            break;

                        await call.RequestStream.CompleteAsync();
                        await call;
                    }

                    break;
                case 2:
                    using (var call = server.Client.Count(request, options))
                    {
                        Watch(call.ResponseHeadersAsync, index);
                        while (await call.ResponseStream.MoveNext(CancellationToken.None) && !letGo)
                        {
                        }
                    }

                    break;
                default:
                    using (var call = server.Client.Chat(options))
                    {
                        Watch(call.ResponseHeadersAsync, index);
                        for (var turn = 0; turn < request.Count; turn++)
                        {
                            await call.RequestStream.WriteAsync(request);
                            if (letGo || !await call.ResponseStream.MoveNext(CancellationToken.None))
                                break;
                        }

                        if (!letGo)
                            await call.RequestStream.CompleteAsync();
                    }

                    break;
            }

            return StatusCode.OK;
        }
        catch (RpcException exception)
        {
            return exception.StatusCode;
        }
    }

    private void Watch(Task task, int index)
    {
        if (index % WatchedEvery == 0)
            watched.Add(new WeakReference(task));
    }
}
