using Grpc.Core;

namespace Platform.Runner.Drivers.GoPlugin;

/// <summary>The plugin's ping: the standard health check for the service named <c>plugin</c>. Only the call's success counts.</summary>
internal static class PluginHealth
{
    private static readonly Method<byte[], byte[]> Check = new(MethodType.Unary, "grpc.health.v1.Health", "Check", RawMessages.Marshaller, RawMessages.Marshaller);

    // HealthCheckRequest { string service = 1 }.
    private static readonly byte[] Request = [0x0A, 6, .. "plugin"u8];

    public static async Task CheckAsync(CallInvoker invoker, DateTime deadline, CancellationToken cancel)
    {
        using var call = invoker.AsyncUnaryCall(Check, null, new CallOptions(deadline: deadline, cancellationToken: cancel), Request);
        await call.ResponseAsync;
    }
}

/// <summary>Messages as the bytes that they are on the wire.</summary>
internal static class RawMessages
{
    public static readonly Marshaller<byte[]> Marshaller = Marshallers.Create(bytes => bytes, bytes => bytes);
}
