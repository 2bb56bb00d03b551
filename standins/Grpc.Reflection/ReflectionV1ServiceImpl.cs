using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Reflection.Internal;
using Grpc.Reflection.V1;

namespace Grpc.Reflection;

// grpc.reflection.v1.
public class ReflectionV1ServiceImpl : ServerReflection.ServerReflectionBase
{
    private readonly Answers answers;

    public ReflectionV1ServiceImpl(IEnumerable<string> services, SymbolRegistry symbolRegistry) => answers = new(services, symbolRegistry);

    public ReflectionV1ServiceImpl(IEnumerable<ServiceDescriptor> serviceDescriptors) => answers = Answers.Of(serviceDescriptors);

    public ReflectionV1ServiceImpl(params ServiceDescriptor[] serviceDescriptors)
        : this((IEnumerable<ServiceDescriptor>)serviceDescriptors)
    {
    }

    public override async Task ServerReflectionInfo(
        IAsyncStreamReader<ServerReflectionRequest> requestStream, IServerStreamWriter<ServerReflectionResponse> responseStream, ServerCallContext context)
    {
        await foreach (var request in requestStream.ReadAllAsync())
            await responseStream.WriteAsync(answers.To(request));
    }
}
