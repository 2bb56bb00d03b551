using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Reflection.V1;

namespace Platform.Runner.Drivers.Oms.Rpc;

/// <summary>
/// Asks a service for its descriptors by server reflection, v1 or else v1alpha, whose messages are the same (github.com/grpc/grpc, doc/server-reflection.md): the
/// files of all its services and, where it doesn't send them by itself, what they import.
/// </summary>
internal sealed class ReflectionClient
{
    private const int MaxServices = 200;
    private const int MaxFiles = 1000;
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(15);
    private static readonly string[] Versions = ["grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"];

    // They come with the libraries and are nobody's actions.
    private static readonly string[] OfLibraries = ["grpc.reflection.", "grpc.health."];

    private readonly AsyncDuplexStreamingCall<ServerReflectionRequest, ServerReflectionResponse> call;
    private readonly CancellationToken cancel;
    private readonly Dictionary<string, FileDescriptorProto> files = [];
    private int bytes;

    private ReflectionClient(AsyncDuplexStreamingCall<ServerReflectionRequest, ServerReflectionResponse> call, CancellationToken cancel) =>
        (this.call, this.cancel) = (call, cancel);

    /// <exception cref="RunFaultException"><c>rpc_no_reflection</c>, <c>bad_descriptors</c>.</exception>
    /// <exception cref="RpcException">It could not be asked.</exception>
    public static async Task<RpcTypes> AskAsync(GrpcChannel channel, CancellationToken cancel)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limited.CancelAfter(TimeLimit);
        try
        {
            foreach (var version in Versions)
            {
                try
                {
                    return await AskAsync(channel, version, limited.Token);
                }
                catch (RpcException e) when (e.StatusCode == StatusCode.Unimplemented)
                {
                    // The next version, then.
                }
            }
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException && limited.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            throw RpcFaults.NoReflection($"it did not answer within {TimeLimit.TotalSeconds:0} s.");
        }

        throw RpcFaults.NoReflection("it has neither version of it.");
    }

    private static async Task<RpcTypes> AskAsync(GrpcChannel channel, string version, CancellationToken cancel)
    {
        var method = new Method<ServerReflectionRequest, ServerReflectionResponse>(
            MethodType.DuplexStreaming, version, "ServerReflectionInfo", Of(ServerReflectionRequest.Parser), Of(ServerReflectionResponse.Parser));
        using var call = channel.CreateCallInvoker().AsyncDuplexStreamingCall(method, null, new CallOptions(cancellationToken: cancel));
        var asked = new ReflectionClient(call, cancel);
        await asked.CollectAsync();
        await call.RequestStream.CompleteAsync();
        return RpcTypes.Build([.. asked.files.Values]);
    }

    private async Task CollectAsync()
    {
        var list = await AskAsync(new() { ListServices = "*" });
        var services = list.ListServicesResponse?.Service.Select(s => s.Name).Where(n => !OfLibraries.Any(l => n.StartsWith(l, StringComparison.Ordinal))).ToList() ?? [];
        if (services.Count == 0)
            throw RpcFaults.NoReflection("it lists no services.");
        foreach (var service in services.Take(MaxServices))
            Add(await AskAsync(new() { FileContainingSymbol = service }));
        while (files.Values.SelectMany(f => f.Dependency).FirstOrDefault(d => !files.ContainsKey(d) && !RpcTypes.IsGoogles(d)) is { } missing)
        {
            Add(await AskAsync(new() { FileByFilename = missing }));
            if (!files.ContainsKey(missing))
                throw RpcFaults.BadDescriptors($"{missing} is imported, and the service answers with another file");
        }
    }

    private async Task<ServerReflectionResponse> AskAsync(ServerReflectionRequest request)
    {
        // Where the call has ended already, reading tells why.
        try { await call.RequestStream.WriteAsync(request, cancel); }
        catch (Exception e) when (e is RpcException or InvalidOperationException) { }
        if (!await call.ResponseStream.MoveNext(cancel))
            throw RpcFaults.NoReflection("it ended the conversation.");
        var answer = call.ResponseStream.Current;
        return answer.ErrorResponse is { } error ? throw RpcFaults.NoReflection($"{error.ErrorMessage} (code {error.ErrorCode}).") : answer;
    }

    private void Add(ServerReflectionResponse answer)
    {
        foreach (var encoded in answer.FileDescriptorResponse?.FileDescriptorProto ?? [])
        {
            if ((bytes += encoded.Length) > RpcTypes.MaxBytes || files.Count > MaxFiles)
                throw RpcFaults.BadDescriptors($"there are more than {RpcTypes.MaxBytes} bytes or {MaxFiles} files of them");
            try
            {
                var file = FileDescriptorProto.Parser.ParseFrom(encoded);
                files.TryAdd(file.Name, file);
            }
            catch (InvalidProtocolBufferException e)
            {
                throw RpcFaults.BadDescriptors($"they can't be read: {e.Message}");
            }
        }
    }

    private static Marshaller<T> Of<T>(MessageParser<T> parser)
        where T : IMessage<T> => Marshallers.Create(message => message.ToByteArray(), parser.ParseFrom);
}
