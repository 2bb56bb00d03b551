using Grpc.Core;

namespace Grpc.AspNetCore.Server;

// On the endpoint of every gRPC method.
public sealed class GrpcMethodMetadata(Type serviceType, IMethod method)
{
    public Type ServiceType { get; } = serviceType;

    public IMethod Method { get; } = method;
}
