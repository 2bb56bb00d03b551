using Grpc.Core;
using Platform.ServiceDefaults;

namespace Platform.Runner.Runs;

/// <summary>What a failed load means for its run.</summary>
internal static class LoadFault
{
    public static RunFaultException EndedEarly() => Faults.IngestUnavailable("it ended the load early");

    public static RunFaultException Of(Exception e) => e switch
    {
        RunFaultException fault => fault,
        RpcException { StatusCode: StatusCode.ResourceExhausted } rpc => Faults.PageRefused(rpc.Status.Detail),
        RpcException rpc when ProblemException.FromRpc(rpc)?.Problem is { } problem => problem.Code switch
        {
            "stale_fence" => Faults.StaleFence(),
            _ when problem.Status is >= 400 and < 500 => Faults.PageRefused($"{problem.Detail} ({problem.Code})"),
            _ => Faults.IngestUnavailable($"{problem.Detail} ({problem.Code})"),
        },
        RpcException { StatusCode: StatusCode.InvalidArgument or StatusCode.FailedPrecondition } rpc => Faults.PageRefused(rpc.Status.Detail),
        RpcException rpc => Faults.IngestUnavailable(rpc.Status.Detail),
        _ => Faults.IngestUnavailable(e.Message),
    };
}
