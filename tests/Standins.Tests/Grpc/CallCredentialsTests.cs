using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Platform.Standins.Tests.Grpc;

public sealed class CallCredentialsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Over_tls_a_call_shows_its_own_credentials_and_the_channels()
    {
        using var certificate = TlsTests.Certificate("localhost");
        AuthInterceptorContext? seen = null;
        await using var server = await StartAsync(certificate, options => options.Credentials = ChannelCredentials.Create(
            ChannelCredentials.SecureSsl,
            CallCredentials.FromInterceptor(async (context, metadata) =>
            {
                await Task.Yield();
                seen = context;
                metadata.Add("authorization", "channel");
            })));

        await server.Client.SayAsync(new EchoRequest(), new CallOptions(new Metadata { { "plain", "1" } }, cancellationToken: Cancellation).WithCredentials(CallCredentials.Compose(Token("a"), Token("b"))));

        var headers = await server.State.RequestHeaders.Task;
        Assert.Equal("1", headers.GetValue("plain"));
        Assert.Equal(["a", "b", "channel"], headers.GetAll("authorization").SelectMany(entry => entry.Value.Split(", ")));
        Assert.Equal((new Uri(server.Address, "/platform.standins.tests.Echo").ToString(), "Say"), (seen!.ServiceUrl, seen.MethodName));
        Assert.True(seen.CancellationToken.IsCancellationRequested, "The call has ended.");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Without_tls_credentials_stay_here_unless_the_channel_says_otherwise(bool unsafely)
    {
        using var log = new Warnings();
        await using var server = await EchoServer.StartAsync(client: options =>
        {
            options.UnsafeUseInsecureChannelCallCredentials = unsafely;
            options.LoggerFactory = log;
        });

        await server.Client.SayAsync(new EchoRequest(), new CallOptions(cancellationToken: Cancellation, credentials: Token("secret")));

        Assert.Equal(unsafely ? "secret" : null, (await server.State.RequestHeaders.Task).GetValue("authorization"));
        Assert.Equal(unsafely ? 0 : 1, log.Count);
    }

    [Fact]
    public async Task Credentials_that_cannot_be_had_fail_the_call_before_it_is_sent()
    {
        await using var server = await EchoServer.StartAsync(client: options => options.UnsafeUseInsecureChannelCallCredentials = true);
        var credentials = CallCredentials.FromInterceptor((_, _) => throw new InvalidOperationException("no token today"));

        var exception = await Assert.ThrowsAsync<RpcException>(async () => await server.Client.SayAsync(new EchoRequest(), new CallOptions(cancellationToken: Cancellation, credentials: credentials)));

        Assert.Equal(StatusCode.Internal, exception.StatusCode);
        Assert.Contains("no token today", exception.Status.Detail, StringComparison.Ordinal);
        Assert.False(server.State.RequestHeaders.Task.IsCompleted);
    }

    [Fact]
    public async Task A_call_that_waits_for_its_credentials_ends_at_its_deadline()
    {
        await using var server = await EchoServer.StartAsync(client: options => options.UnsafeUseInsecureChannelCallCredentials = true);
        var credentials = CallCredentials.FromInterceptor((context, _) => Task.Delay(Timeout.InfiniteTimeSpan, context.CancellationToken));

        var exception = await Assert.ThrowsAsync<RpcException>(async () => await server.Client
            .SayAsync(new EchoRequest(), new CallOptions(deadline: DateTime.UtcNow.AddMilliseconds(200), cancellationToken: Cancellation, credentials: credentials))
            .ResponseAsync.WaitAsync(EchoServer.Patience, Cancellation));

        Assert.Equal(StatusCode.DeadlineExceeded, exception.StatusCode);
    }

    [Fact]
    public void Only_plain_tls_takes_call_credentials_along()
    {
        Assert.Throws<ArgumentException>(() => ChannelCredentials.Create(ChannelCredentials.Insecure, Token("a")));
        Assert.Throws<ArgumentException>(() => CallCredentials.Compose(Token("a")));
        var secure = ChannelCredentials.Create(new SslCredentials(), Token("a"));
        Assert.Throws<InvalidOperationException>(() => GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions { Credentials = secure }));
    }

    [Fact]
    public async Task A_client_from_the_factory_shows_all_credentials_that_were_added_to_it()
    {
        await using var server = await EchoServer.StartAsync();
        var services = new ServiceCollection().AddSingleton("from the container");
        services.AddGrpcClient<Echo.EchoClient>(options => options.Address = server.Address)
            .AddCallCredentials((context, metadata) =>
            {
                metadata.Add("authorization", context.MethodName);
                return Task.CompletedTask;
            })
            .AddCallCredentials((_, metadata, provider) =>
            {
                metadata.Add("authorization", provider.GetRequiredService<string>());
                return Task.CompletedTask;
            })
            .AddCallCredentials(Token("last"))
            .ConfigureChannel(channel => channel.UnsafeUseInsecureChannelCallCredentials = true);
        await using var provider = services.BuildServiceProvider();
        var client = provider.GetRequiredService<Echo.EchoClient>();

        await client.SayAsync(new EchoRequest(), new CallOptions(cancellationToken: Cancellation, credentials: Token("own")));
        using var chat = client.Chat(cancellationToken: Cancellation);
        await chat.RequestStream.CompleteAsync();
        Assert.False(await chat.ResponseStream.MoveNext(Cancellation));

        var headers = await server.State.RequestHeaders.Task;
        Assert.Equal(["own", "Say", "from the container", "last"], headers.GetAll("authorization").SelectMany(entry => entry.Value.Split(", ")));
    }

    [Fact]
    public async Task A_client_from_the_factory_with_credentials_needs_tls()
    {
        var services = new ServiceCollection();
        services.AddGrpcClient<Echo.EchoClient>(options => options.Address = new Uri("http://localhost")).AddCallCredentials(Token("a"));
        await using var provider = services.BuildServiceProvider();

        var exception = Assert.Throws<InvalidOperationException>(provider.GetRequiredService<Echo.EchoClient>);

        Assert.Contains("EchoClient", exception.Message, StringComparison.Ordinal);
        Assert.Contains("TLS", exception.Message, StringComparison.Ordinal);
    }

    private static CallCredentials Token(string token) => CallCredentials.FromInterceptor((_, metadata) =>
    {
        metadata.Add("authorization", token);
        return Task.CompletedTask;
    });

    private static Task<EchoServer> StartAsync(X509Certificate2 certificate, Action<GrpcChannelOptions> client) => EchoServer.StartAsync(
        https: options => options.ServerCertificate = certificate,
        handler: sockets => sockets.SslOptions.RemoteCertificateValidationCallback = (_, presented, _, _) => presented?.GetCertHashString() == certificate.Thumbprint,
        client: client);

    private sealed class Warnings : ILoggerFactory, ILogger
    {
        private readonly ConcurrentQueue<string> lines = new();

        public int Count => lines.Count;

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
