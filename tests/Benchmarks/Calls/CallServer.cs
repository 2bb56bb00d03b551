using System.Globalization;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Platform.Benchmarks.Processes;

namespace Platform.Benchmarks.Calls;

/// <summary>Our contestant's server: Kestrel as the Runner's callback endpoint sets it up, with Kestrel's own windows.</summary>
internal static class CallServer
{
    public static async Task RunAsync(string socket)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.ListenUnixSocket(socket, listen => listen.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddRoutingCore();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton<BenchService>();
        await using var app = builder.Build();
        app.UseRouting();
        app.MapGrpcService<BenchService>();
        await app.StartAsync();
        await Obedience.ObeyAsync(line => line == "allocated"
            ? Task.FromResult(GC.GetTotalAllocatedBytes(precise: true).ToString(CultureInfo.InvariantCulture))
            : throw new ArgumentException($"not a command of the server: {line}"));
        await app.StopAsync(new CancellationToken(canceled: true));
    }
}

internal sealed class BenchService : Bench.BenchBase
{
    public override Task<Message> Echo(Message request, ServerCallContext context) => Task.FromResult(request);

    public override async Task Stream(StreamRequest request, IServerStreamWriter<Message> responseStream, ServerCallContext context)
    {
        var message = Messages.OfSize(request.Size);
        for (var i = 0; i < request.Count; i++)
            await responseStream.WriteAsync(message);
    }
}
