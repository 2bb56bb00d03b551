using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging.Abstractions;

namespace Platform.Runner.Drivers.Oms.Events;

/// <summary>
/// Where a service delivers what it was subscribed to for: a listener of its own on the one address by which the service reaches this Runner, with a path for
/// each subscription that nobody can guess. An event is taken, 2xx, once it is committed, and not before.
/// </summary>
internal sealed class EventReceiver : IAsyncDisposable
{
    /// <summary>Bytes of one delivery.</summary>
    public const int MaxBody = 1 << 20;

    private const int MaxAtOnce = 64;
    private const int SecretBytes = 20;

    private readonly WebApplication app;
    private readonly Func<Guid, HeardObject, CancellationToken, Task> accept;
    private readonly ConcurrentDictionary<string, Guid> paths = new(StringComparer.Ordinal);

    private EventReceiver(WebApplication app, Func<Guid, HeardObject, CancellationToken, Task> accept) => (this.app, this.accept) = (app, accept);

    /// <summary>With the port that was given to it.</summary>
    public Uri Address { get; private set; } = null!;

    /// <param name="accept">See <see cref="ListenWork.Accept"/>.</param>
    /// <exception cref="IOException">The address can't be listened at.</exception>
    public static async Task<EventReceiver> ListenAsync(IPAddress address, Func<Guid, HeardObject, CancellationToken, Task> accept, CancellationToken cancel)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxBody;
            kestrel.Limits.MaxConcurrentConnections = MaxAtOnce;
            kestrel.Listen(address, 0, listen => listen.Protocols = HttpProtocols.Http1);
        });
        builder.Services.AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance);
        var receiver = new EventReceiver(builder.Build(), accept);
        receiver.app.Run(receiver.ReceiveAsync);
        await receiver.app.StartAsync(cancel);
        receiver.Address = new(receiver.app.Urls.Single());
        return receiver;
    }

    /// <returns>What the service is told as its endpoint.</returns>
    public Uri Open(Guid subscription)
    {
        var path = "/" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SecretBytes));
        paths[path] = subscription;
        return new(Address, path);
    }

    /// <summary>What still comes for it is answered 410.</summary>
    public void Close(Guid subscription)
    {
        foreach (var (path, _) in paths.Where(p => p.Value == subscription).ToList())
            paths[path] = Guid.Empty;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task ReceiveAsync(HttpContext context)
    {
        var response = context.Response;
        response.StatusCode = StatusCodes.Status404NotFound;
        // A service may add a path of its own, such as the event's name, behind what it was told.
        if (!paths.TryGetValue("/" + context.Request.Path.Value!.Split('/', 3)[1], out var subscription))
            return;
        response.StatusCode = subscription == Guid.Empty ? StatusCodes.Status410Gone : StatusCodes.Status405MethodNotAllowed;
        if (subscription == Guid.Empty || !HttpMethods.IsPost(context.Request.Method) && !HttpMethods.IsPut(context.Request.Method))
            return;
        try
        {
            var body = await ReadAsync(context);
            var headers = context.Request.Headers.Select(h => KeyValuePair.Create(h.Key, h.Value.ToString()));
            foreach (var heard in CloudEventReader.Read(context.Request.ContentType, headers, body))
                await accept(subscription, heard, context.RequestAborted);
            response.StatusCode = StatusCodes.Status200OK;
        }
        catch (Microsoft.AspNetCore.Http.BadHttpRequestException e)
        {
            response.StatusCode = e.StatusCode;
        }
        catch (FormatException e)
        {
            response.StatusCode = StatusCodes.Status400BadRequest;
            await response.WriteAsync($"The event can't be read: {e.Message}.", context.RequestAborted);
        }
        catch (Exception e) when (e is RunFaultException or OperationCanceledException)
        {
            // Not stored: a service that tries again loses nothing.
            response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        }
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContext context)
    {
        var reader = context.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(context.RequestAborted);
            if (read.IsCompleted)
            {
                var body = read.Buffer.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return body;
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }
}
