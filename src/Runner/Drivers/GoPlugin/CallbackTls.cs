using System.Collections.Concurrent;
using System.Security.Authentication;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Platform.Protocols.GoPlugin;

namespace Platform.Runner.Drivers.GoPlugin;

/// <summary>
/// AutoMTLS of a callback endpoint: the host's certificate, the plugin's one demanded. A handshake that one side refuses
/// fails the run at once, since connectors exist that pass over a callback that failed; one that is merely broken off
/// doesn't, since a connector without pages may close its connection that early.
/// </summary>
internal sealed class CallbackTls(MutualTls tls, CallbackSession session) : ILoggerProvider, ILogger
{
    // Kestrel tells why a handshake failed in its log alone.
    private const string KestrelHttps = "Microsoft.AspNetCore.Server.Kestrel.Https";
    private static readonly TimeSpan HandshakeLimit = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, TaskCompletionSource> handshakes = [];

    /// <summary>Ends when no handshake is on its way; never fails.</summary>
    public Task Settled => Task.WhenAll(handshakes.Values.Select(h => h.Task));

    public void Apply(ListenOptions listen)
    {
        listen.Use(next => connection => FollowAsync(connection, next));
        listen.UseHttps(new TlsHandshakeCallbackOptions
        {
            HandshakeTimeout = HandshakeLimit,
            OnConnection = _ => ValueTask.FromResult(tls.ServerOptions()),
        });
        listen.Use(next => connection =>
        {
            Settle(connection);
            return next(connection);
        });
    }

    public ILogger CreateLogger(string categoryName) => categoryName.StartsWith(KestrelHttps, StringComparison.Ordinal)
        ? this
        : Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (exception is AuthenticationException)
            session.Pages.Refuse(Faults.MtlsCallbackFailed(tls.MetAnother));
    }

    public void Dispose()
    {
    }

    private async Task FollowAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        handshakes[connection.ConnectionId] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            await next(connection);
        }
        finally
        {
            Settle(connection);
        }
    }

    private void Settle(ConnectionContext connection)
    {
        if (handshakes.TryRemove(connection.ConnectionId, out var handshake))
            handshake.SetResult();
    }
}
