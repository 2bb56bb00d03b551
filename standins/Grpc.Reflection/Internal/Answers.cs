using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Reflection.V1;

namespace Grpc.Reflection.Internal;

// One request, one answer. The two versions of the protocol differ in their names alone.
internal sealed class Answers(IEnumerable<string> services, SymbolRegistry symbols)
{
    private readonly string[] services = [.. services];

    public static Answers Of(IEnumerable<ServiceDescriptor> services)
    {
        var known = services.ToArray();
        return new(known.Select(service => service.FullName), SymbolRegistry.FromFiles(known.Select(service => service.File)));
    }

    public ServerReflectionResponse To(ServerReflectionRequest request)
    {
        var answer = new ServerReflectionResponse { ValidHost = request.Host, OriginalRequest = request };
        switch (request.MessageRequestCase)
        {
            case ServerReflectionRequest.MessageRequestOneofCase.ListServices:
                answer.ListServicesResponse = new() { Service = { services.Select(name => new ServiceResponse { Name = name }) } };
                break;
            case ServerReflectionRequest.MessageRequestOneofCase.FileByFilename:
                Give(answer, symbols.FileByName(request.FileByFilename), $"File not found: {request.FileByFilename}");
                break;
            case ServerReflectionRequest.MessageRequestOneofCase.FileContainingSymbol:
                Give(answer, symbols.FileContainingSymbol(request.FileContainingSymbol), $"Symbol not found: {request.FileContainingSymbol}");
                break;
            case ServerReflectionRequest.MessageRequestOneofCase.FileContainingExtension:
                var (type, number) = (request.FileContainingExtension.ContainingType, request.FileContainingExtension.ExtensionNumber);
                Give(answer, symbols.FileContainingExtension(type, number), $"Extension not found: {number} of {type}");
                break;
            case ServerReflectionRequest.MessageRequestOneofCase.AllExtensionNumbersOfType:
                if (symbols.ExtensionNumbers(request.AllExtensionNumbersOfType) is { } numbers)
                    answer.AllExtensionNumbersResponse = new() { BaseTypeName = request.AllExtensionNumbersOfType, ExtensionNumber = { numbers } };
                else
                    answer.ErrorResponse = Error(StatusCode.NotFound, $"Message type not found: {request.AllExtensionNumbersOfType}");

                break;
            default:
                answer.ErrorResponse = Error(StatusCode.InvalidArgument, "The request asks for nothing that is known here.");
                break;
        }

        return answer;
    }

    private static void Give(ServerReflectionResponse answer, FileDescriptor? file, string otherwise)
    {
        if (file is null)
        {
            answer.ErrorResponse = Error(StatusCode.NotFound, otherwise);
            return;
        }

        // With all that it imports, so that nobody has to ask for that; the file asked for comes first.
        var given = new HashSet<string>();
        var files = new FileDescriptorResponse();
        Add(file);
        answer.FileDescriptorResponse = files;

        void Add(FileDescriptor next)
        {
            if (!given.Add(next.Name))
                return;

            files.FileDescriptorProto.Add(next.SerializedData);
            foreach (var dependency in next.Dependencies)
                Add(dependency);
        }
    }

    private static ErrorResponse Error(StatusCode code, string message) => new() { ErrorCode = (int)code, ErrorMessage = message };
}
