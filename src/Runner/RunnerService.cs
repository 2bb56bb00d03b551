using Grpc.Core;
using Platform.Runner.Bundles;
using Platform.Runner.Describe;
using Platform.Runner.V1;

namespace Platform.Runner;

/// <summary>The gRPC face of this service; see protos/runner.proto.</summary>
internal sealed class RunnerService(DescribeConnector describe, FindBundlesInUse bundlesInUse) : V1.Runner.RunnerBase
{
    public override Task<DescribeReply> Describe(DescribeRequest request, ServerCallContext context) => describe.RunAsync(request, context.CancellationToken);

    public override Task<BundlesInUseReply> BundlesInUse(BundlesInUseRequest request, ServerCallContext context) =>
        bundlesInUse.RunAsync(request, context.CancellationToken);
}
