using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Platform.Interop.Tests.Server;

// Whether a request's messages came compressed. Only a call that names an encoding can have such messages; the body of any
// other stays as the server gives it.
internal static class RequestFlags
{
    private static readonly object Key = new();

    public static Task ObserveAsync(HttpContext http, RequestDelegate next)
    {
        if (http.Request.Headers.ContainsKey("grpc-encoding"))
        {
            var flags = new MessageFlags();
            http.Items[Key] = flags;
            http.Request.Body = new ObservedStream(http.Request.Body, flags);
        }

        return next(http);
    }

    // For each message once, in its order.
    public static void Check(ServerCallContext context, BoolValue? expected)
    {
        var compressed = context.GetHttpContext().Items[Key] is MessageFlags flags && flags.Next();
        if (expected is not null && expected.Value != compressed)
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"compressed: {compressed}, expected: {expected.Value}"));
    }
}
