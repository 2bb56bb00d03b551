using Microsoft.AspNetCore.Connections;
using Platform.ServiceDefaults;

namespace Platform.Ingest.Load;

internal static class LoadSetup
{
    /// <summary>A connector's page of 80 MiB fits with its surroundings; a larger message is refused with RESOURCE_EXHAUSTED.</summary>
    public const int MaxMessageBytes = 81 << 20;

    // Wide enough that the sender is not held back by the way to and fro, small beside the buffer of a load.
    private const int WindowBytes = 4 << 20;

    public static void AddLoad(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<LoadOptions>().BindConfiguration(LoadOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<LoadDatabase>().AddSingleton<Retries>().AddSingleton<OpenLoads>().AddSingleton<OpenRun>().AddSingleton<LoadCall>();
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, LargeBlocks>();
        builder.AddGrpcServer(grpc => grpc.MaxReceiveMessageSize = MaxMessageBytes);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.Http2.InitialStreamWindowSize = WindowBytes;
            kestrel.Limits.Http2.InitialConnectionWindowSize = 2 * WindowBytes;
            kestrel.Limits.Http2.MaxFrameSize = 256 << 10;
        });
    }
}
