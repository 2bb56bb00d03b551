using Grpc.Core;
using Grpc.Core.Internal;
using Grpc.Net.Internal;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server.Internal;

// What goes in and out: messages, and the headers before them.
internal sealed partial class HttpServerCallContext
{
    public async Task<T> ReadOnlyAsync<T>(Marshaller<T> marshaller)
        where T : class
    {
        var received = await ReadAsync(messages!.ReadOnlyAsync(marshaller, CancellationTokenCore));
        requestRead = true;
        if (!received.Any)
            throw new RpcException(new Status(StatusCode.Internal, "Incomplete message."));

        if (CallEvents.Server.IsEnabled())
            CallEvents.Server.MessageReceived();

        return received.Message;
    }

    public async Task<MessageReader.Received<T>> ReadAsync<T>(Marshaller<T> marshaller, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (ended)
                throw new InvalidOperationException("Can't read messages after the request is complete.");
        }

        var call = CancellationTokenCore;
        using var both = !cancellationToken.CanBeCanceled || cancellationToken == call ? null : CancellationTokenSource.CreateLinkedTokenSource(call, cancellationToken);
        var received = await ReadAsync(messages!.ReadAsync(marshaller, both?.Token ?? call));
        requestRead = !received.Any;
        if (received.Any && CallEvents.Server.IsEnabled())
            CallEvents.Server.MessageReceived();

        return received;
    }

    private async ValueTask<T> ReadAsync<T>(ValueTask<T> read)
    {
        try
        {
            return await read;
        }
        catch (IOException exception) when (exception is not BadHttpRequestException)
        {
            clientLeft = true;
            throw;
        }
    }

    // The only response: it leaves together with the trailers.
    public Task WriteOnlyAsync<T>(T? message, Marshaller<T> marshaller)
        where T : class
    {
        if (message is null)
            throw new RpcException(new Status(StatusCode.Cancelled, "No message returned from method."));

        using var outgoing = Serialize(message, marshaller);
        lock (gate)
        {
            if (!ended)
            {
                bodyStarted = true;
                outgoing.WriteTo(http.Response.BodyWriter);
                if (CallEvents.Server.IsEnabled())
                    CallEvents.Server.MessageSent();
            }
        }

        return Task.CompletedTask;
    }

    public async Task WriteAsync<T>(T message, Marshaller<T> marshaller, CancellationToken cancellationToken)
    {
        var call = CancellationTokenCore;
        call.ThrowIfCancellationRequested();
        cancellationToken.ThrowIfCancellationRequested();
        using var outgoing = Serialize(message, marshaller);
        BeginWrite();
        try
        {
            bodyStarted = true;
            outgoing.WriteTo(http.Response.BodyWriter);

            // Not with the call's own token: Kestrel would reset the stream as an internal error at the deadline.
            if ((WriteOptions?.Flags & WriteFlags.BufferHint) != WriteFlags.BufferHint)
                await http.Response.BodyWriter.FlushAsync(cancellationToken);

            if (CallEvents.Server.IsEnabled())
                CallEvents.Server.MessageSent();
        }
        finally
        {
            EndWrite();
        }

        call.ThrowIfCancellationRequested();
    }

    protected override async Task WriteResponseHeadersAsyncCore(Metadata responseHeaders)
    {
        ArgumentNullException.ThrowIfNull(responseHeaders);
        BeginWrite();
        try
        {
            if (http.Response.HasStarted || bodyStarted)
                throw new InvalidOperationException("Response headers can only be sent once per call.");

            bodyStarted = true;
            foreach (var entry in responseHeaders)
            {
                if (entry.Key == WireFormat.EncodingRequestHeader)
                    WriteIn(entry.Value);

                if (WireFormat.IsReserved(entry.Key))
                    continue;

                http.Response.Headers.Append(entry.Key, WireFormat.HeaderValue(entry));
            }

            await http.Response.BodyWriter.FlushAsync(CancellationToken.None);
        }
        finally
        {
            EndWrite();
        }
    }

    // A caller that does not accept the encoding gets its messages as they are.
    private void WriteIn(string encoding)
    {
        compress = null;
        http.Response.Headers.Remove(WireFormat.EncodingHeader);
        if (!encodings.TryFind(encoding, out var provider) || !KnownEncodings.IsAccepted(http.Request.Headers[WireFormat.AcceptEncodingHeader], encoding))
            return;

        http.Response.Headers[WireFormat.EncodingHeader] = encoding;
        compress = stream => provider.CreateCompressionStream(stream, options.ResponseCompressionLevel);
    }

    private OutgoingMessage Serialize<T>(T message, Marshaller<T> marshaller) => OutgoingMessage.Serialize(
        message, marshaller, options.MaxSendMessageSize, (WriteOptions?.Flags & WriteFlags.NoCompress) == WriteFlags.NoCompress ? null : compress);

    private void BeginWrite()
    {
        lock (gate)
        {
            if (ended)
                throw new InvalidOperationException("Can't write the message because the request is complete.");

            if (write is not null)
                throw new InvalidOperationException("Can't write the message because the previous write is in progress.");

            write = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private void EndWrite()
    {
        lock (gate)
        {
            write!.SetResult();
            write = null;
        }
    }
}
