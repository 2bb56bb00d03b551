using System.Buffers;
using System.Security.Authentication;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Net.Client;
using Platform.Oms;
using Platform.ServiceDefaults;

namespace Platform.Runner.Drivers.Oms.Rpc;

/// <summary>
/// Carries out an action by gRPC: its arguments become the request of the method that it means, the answer becomes JSON again, and the answers of a server's
/// stream a list.
/// </summary>
internal sealed class RpcAction(RpcChannels channels, RpcDescriptions descriptions)
{
    private static readonly Marshaller<byte[]> Raw = Marshallers.Create<byte[]>(bytes => bytes, bytes => bytes);

    /// <exception cref="RunFaultException">One of <see cref="RpcFaults"/>, or <c>result_too_large</c>.</exception>
    public async Task<ActionAnswer> InvokeAsync(OmsCall call, OmsRpc rpc, CancellationToken cancel)
    {
        var work = call.Work;
        var (address, channel) = channels.Open(rpc, call.Server, call.Bundle, (int)Math.Min(work.MaxResultBytes, int.MaxValue));
        using (channel)
        {
            try
            {
                var types = await TypesAsync(call.Descriptors, call.Bundle, address, channel, cancel);
                var method = RpcMethods.Choose(types, call.Action.Name, rpc);
                var (request, violations) = JsonToMessage.Read(types, method.InputType, call.Arguments);
                if (request is null)
                    return new(null, new("invalid_arguments", $"The arguments are not what {RpcMethods.Name(method)} takes.", false, violations));
                return new(await SendAsync(channel, types, method, request.ToByteArray(), work, cancel), null);
            }
            catch (RpcException e)
            {
                return new(null, Explain(e, address, work.MaxResultBytes, cancel));
            }
        }
    }

    /// <summary>What an action takes whose description declares no arguments.</summary>
    /// <param name="server">Null: it does not run now, and is not needed where there are descriptors or an endpoint.</param>
    /// <param name="descriptors">As of <see cref="OmsCall"/>.</param>
    /// <exception cref="RunFaultException">One of <see cref="RpcFaults"/>.</exception>
    public async Task<IReadOnlyList<Parameter>> ParametersAsync(
        OmsAction action, OmsRpc rpc, OmsServer? server, string bundle, string? descriptors, CancellationToken cancel)
    {
        if (descriptors is not null)
            return RpcParameters.Of(RpcMethods.Choose(await descriptions.ReadAsync(bundle, descriptors), action.Name, rpc));
        var (address, channel) = channels.Open(rpc, server, bundle, RpcTypes.MaxBytes);
        using (channel)
        {
            try
            {
                return RpcParameters.Of(RpcMethods.Choose(await descriptions.AskAsync(bundle, address, channel, cancel), action.Name, rpc));
            }
            catch (RpcException e)
            {
                throw RpcFaults.NoReflection(Explain(e, address, RpcTypes.MaxBytes, cancel).Message);
            }
        }
    }

    private Task<RpcTypes> TypesAsync(string? descriptors, string bundle, Uri address, GrpcChannel channel, CancellationToken cancel) =>
        descriptors is null ? descriptions.AskAsync(bundle, address, channel, cancel) : descriptions.ReadAsync(bundle, descriptors);

    private static async Task<byte[]> SendAsync(GrpcChannel channel, RpcTypes types, MethodDescriptor method, byte[] request, ActionWork work, CancellationToken cancel)
    {
        var target = new Method<byte[], byte[]>(
            method.IsServerStreaming ? MethodType.ServerStreaming : MethodType.Unary, method.Service.FullName, method.Name, Raw, Raw);
        var options = new CallOptions(cancellationToken: cancel);
        var invoker = channel.CreateCallInvoker();
        var result = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(result, MessageToJson.Options);
        var reader = new WireReader(work.MaxResultBytes);
        var writer = new MessageToJson(types, reader, json);
        if (!method.IsServerStreaming)
        {
            using var unary = invoker.AsyncUnaryCall(target, null, options, request);
            writer.Message(method.OutputType, reader.Read(method.OutputType, UnsafeByteOperations.UnsafeWrap(await unary.ResponseAsync)));
        }
        else
        {
            using var stream = invoker.AsyncServerStreamingCall(target, null, options, request);
            var count = 0;
            json.WriteStartArray();
            while (await stream.ResponseStream.MoveNext(cancel))
            {
                writer.Message(method.OutputType, reader.Read(method.OutputType, UnsafeByteOperations.UnsafeWrap(stream.ResponseStream.Current)));
                work.OnProgress(++count == 1 ? "1 message" : $"{count} messages", null);
            }

            json.WriteEndArray();
        }

        json.Flush();
        return result.WrittenCount <= work.MaxResultBytes ? result.WrittenSpan.ToArray() : throw Faults.ResultTooLarge(work.MaxResultBytes);
    }

    /// <summary>What the service said; what stood between it and us is thrown.</summary>
    private static ActionError Explain(RpcException e, Uri address, long maxBytes, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        if (e.StatusCode == StatusCode.ResourceExhausted && e.Status.Detail.Contains("maximum configured message size", StringComparison.Ordinal))
            throw Faults.ResultTooLarge(maxBytes);
        var shown = address.GetLeftPart(UriPartial.Authority);
        for (var cause = e.Status.DebugException; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case ProblemException refusal: throw RpcFaults.Refused(refusal.Problem.Code, refusal.Problem.Detail, refusal.Problem.Remedy);
                case AuthenticationException: throw RpcFaults.TlsFailed(shown, cause.Message);
                case HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError }
                    when cause.InnerException is not ProblemException: throw RpcFaults.Unreachable(shown, cause.Message);
            }
        }

        return RpcStatus.Error(e);
    }
}
