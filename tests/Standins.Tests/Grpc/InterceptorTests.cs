using System.Diagnostics;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.DependencyInjection;

namespace Platform.Standins.Tests.Grpc;

public sealed class InterceptorTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Interceptors_of_both_sides_see_each_shape_outermost_first()
    {
        await using var server = await EchoServer.StartAsync(server: options =>
        {
            options.Interceptors.Add<Adding>("1");
            options.Interceptors.Add<Adding>("2");
        });
        var client = new Echo.EchoClient(server.Channel.Intercept(new Marking("a"), new Marking("b")));

        Assert.Equal("x21", (await client.SayAsync(new EchoRequest { Text = "x" }, cancellationToken: Cancellation)).Text);
        var seen = await server.State.RequestHeaders.Task;
        Assert.Equal(["a", "b"], seen.GetAll("mark").SelectMany(entry => entry.Value.Split(", ")));
        using var call = client.Chat(cancellationToken: Cancellation);
        await call.RequestStream.WriteAsync(new EchoRequest { Text = "y" }, Cancellation);
        await call.RequestStream.CompleteAsync();
        Assert.Equal(1, await call.ResponseStream.ReadAllAsync(Cancellation).CountAsync(Cancellation));
    }

    [Fact]
    public async Task A_client_from_the_factory_goes_through_its_message_handlers()
    {
        await using var server = await EchoServer.StartAsync();
        var services = new ServiceCollection();
        services.AddGrpcClient<Echo.EchoClient>(options => options.Address = new Uri("http://elsewhere"))
            .AddHttpMessageHandler(() => new Redirecting(server.Address));
        await using var provider = services.BuildServiceProvider();

        var reply = await provider.GetRequiredService<Echo.EchoClient>().SayAsync(new EchoRequest { Text = "found" }, cancellationToken: Cancellation);

        Assert.Equal("found", reply.Text);
        Assert.Equal("1", (await server.State.RequestHeaders.Task).GetValue("redirected"));
    }

    [Fact]
    public async Task A_call_is_one_activity_and_the_trace_goes_along()
    {
        await using var server = await EchoServer.StartAsync();
        var stopped = new List<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "Grpc.Net.Client" or "System.Net.Http" or "test",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                lock (stopped)
                    stopped.Add(activity);
            },
        };
        ActivitySource.AddActivityListener(listener);
        using var source = new ActivitySource("test");
        using var outer = source.StartActivity("outer")!;

        await server.Client.SayAsync(new EchoRequest(), cancellationToken: Cancellation);

        Assert.Same(outer, Activity.Current);
        lock (stopped)
        {
            var activity = stopped.Single(one => one.TraceId == outer.TraceId && one.OperationName == "Grpc.Net.Client.GrpcOut");
            Assert.Equal(("/platform.standins.tests.Echo/Say", "0"), (activity.GetTagItem("grpc.method"), activity.GetTagItem("grpc.status_code")));
        }

        Assert.Contains(outer.TraceId.ToHexString(), (await server.State.RequestHeaders.Task).GetValue("traceparent"), StringComparison.Ordinal);
    }

    private sealed class Redirecting(Uri address) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.RequestUri = new Uri(address, request.RequestUri!.AbsolutePath);
            request.Headers.Add("redirected", "1");
            return base.SendAsync(request, cancellationToken);
        }
    }

    private sealed class Marking(string mark) : Interceptor
    {
        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            var headers = new Metadata();
            foreach (var entry in context.Options.Headers ?? [])
                headers.Add(entry);

            headers.Add("mark", mark);
            return continuation(request, new ClientInterceptorContext<TRequest, TResponse>(context.Method, context.Host, context.Options.WithHeaders(headers)));
        }
    }

    private sealed class Adding(string text) : Interceptor
    {
        public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            var response = await continuation(request, context);
            if (response is EchoReply reply)
                reply.Text += text;

            return response;
        }
    }
}
