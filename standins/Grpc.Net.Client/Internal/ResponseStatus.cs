using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Core.Internal;

namespace Grpc.Net.Client.Internal;

// What a response, or the lack of one, means as a status.
// Tables: grpc/doc/http-grpc-status-mapping.md and the HTTP/2 errors in PROTOCOL-HTTP2.md.
internal static class ResponseStatus
{
    // A response whose headers are the whole answer; null: go on with the body.
    public static (Status Status, Metadata Trailers)? FromHeaders(HttpResponseMessage response)
    {
        if (response.Headers.NonValidated.Contains(WireFormat.StatusHeader))
            return (Read(response.Headers), Metadata(response.Headers));

        var contentType = response.Content.Headers.NonValidated.TryGetValues("Content-Type", out var values) ? values.ToString() : null;
        var failure = response switch
        {
            { Version.Major: < 2 } => new Status(StatusCode.Internal, $"Bad gRPC response. Response protocol downgraded to HTTP/{response.Version.ToString(2)}."),
            { StatusCode: not HttpStatusCode.OK } => new Status(FromHttp(response.StatusCode), "Bad gRPC response. HTTP status code: " + (int)response.StatusCode),
            _ when contentType is null => new Status(StatusCode.Cancelled, "Bad gRPC response. Response did not have a content-type header."),
            _ when !WireFormat.IsGrpc(contentType) => new Status(StatusCode.Cancelled, "Bad gRPC response. Invalid content-type value: " + contentType),
            _ => Status.DefaultSuccess,
        };
        return failure.StatusCode == StatusCode.OK ? null : (failure, Core.Metadata.Empty);
    }

    public static (Status Status, Metadata Trailers) FromTrailers(HttpResponseMessage response) =>
        response.TrailingHeaders.NonValidated.Contains(WireFormat.StatusHeader)
            ? (Read(response.TrailingHeaders), Metadata(response.TrailingHeaders))
            : (new Status(StatusCode.Cancelled, "No grpc-status found on response."), Metadata(response.TrailingHeaders));

    public static Metadata Metadata(HttpHeaders headers)
    {
        var metadata = new Metadata();
        foreach (var (name, values) in headers.NonValidated)
        {
            foreach (var value in values)
                WireFormat.AddTo(metadata, name, value);
        }

        return metadata;
    }

    public static Status FromException(Exception exception, string doing) => exception switch
    {
        RpcException rpc => rpc.Status,
        OperationCanceledException => new Status(StatusCode.Cancelled, "", exception),
        _ => new Status(Code(exception), $"{doing} {string.Join(' ', Chain(exception).Select(cause => $"{cause.GetType().Name}: {cause.Message}"))}", exception),
    };

    private static StatusCode Code(Exception exception)
    {
        var chain = Chain(exception).ToArray();
        if (chain.OfType<HttpProtocolException>().FirstOrDefault() is { } protocol)
        {
            return protocol.ErrorCode switch
            {
                // The handler's own ping was not answered; it has no code for that, and says so in words alone.
                0x1 when protocol.Message.Contains(nameof(SocketsHttpHandler.KeepAlivePingDelay), StringComparison.Ordinal) => StatusCode.Unavailable,
                0x7 => StatusCode.Unavailable, // REFUSED_STREAM
                0x8 => StatusCode.Cancelled, // CANCEL
                0xb => StatusCode.ResourceExhausted, // ENHANCE_YOUR_CALM
                0xc => StatusCode.PermissionDenied, // INADEQUATE_SECURITY
                _ => StatusCode.Internal,
            };
        }

        if (chain.OfType<HttpRequestException>().Any(cause => cause.HttpRequestError is HttpRequestError.VersionNegotiationError or HttpRequestError.ConfigurationLimitExceeded))
            return StatusCode.Internal;

        return chain.Any(cause => cause is HttpRequestException or IOException or SocketException) ? StatusCode.Unavailable : StatusCode.Internal;
    }

    private static StatusCode FromHttp(HttpStatusCode code) => code switch
    {
        HttpStatusCode.BadRequest or HttpStatusCode.RequestHeaderFieldsTooLarge => StatusCode.Internal,
        HttpStatusCode.Unauthorized => StatusCode.Unauthenticated,
        HttpStatusCode.Forbidden => StatusCode.PermissionDenied,
        HttpStatusCode.NotFound => StatusCode.Unimplemented,
        HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout => StatusCode.Unavailable,
        _ => StatusCode.Unknown,
    };

    private static Status Read(HttpHeaders headers)
    {
        headers.NonValidated.TryGetValues(WireFormat.StatusHeader, out var codes);
        if (codes.Count > 1)
            return new Status(StatusCode.Cancelled, "Multiple grpc-status headers.");

        if (!int.TryParse(codes.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var code))
            return new Status(StatusCode.Cancelled, $"Unexpected grpc-status value: {codes}");

        var message = headers.NonValidated.TryGetValues(WireFormat.MessageHeader, out var messages) ? WireFormat.DecodeMessage(messages.ToString()) : "";
        return new Status((StatusCode)code, message);
    }

    private static IEnumerable<Exception> Chain(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
            yield return cause;
    }
}
