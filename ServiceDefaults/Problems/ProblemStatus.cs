using Grpc.Core;

namespace Platform.ServiceDefaults;

/// <summary>The one table from a problem's HTTP status to its gRPC status. Back, the problem itself travels along.</summary>
internal static class ProblemStatus
{
    public static StatusCode ToGrpc(int status) => status switch
    {
        400 or 422 => StatusCode.InvalidArgument,
        401 => StatusCode.Unauthenticated,
        403 => StatusCode.PermissionDenied,
        404 or 410 => StatusCode.NotFound,
        409 or 412 => StatusCode.FailedPrecondition,
        413 or 429 => StatusCode.ResourceExhausted,
        501 => StatusCode.Unimplemented,
        503 => StatusCode.Unavailable,
        504 => StatusCode.DeadlineExceeded,
        _ => StatusCode.Internal,
    };
}
