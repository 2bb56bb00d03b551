using System.Net;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace Platform.ServiceDefaults.Tests;

public sealed class GrpcHealthTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true, ServingStatus.Serving)]
    [InlineData(false, ServingStatus.NotServing)]
    public async Task A_service_that_serves_grpc_tells_its_health_to_anybody(bool healthy, ServingStatus expected)
    {
        await using var service = await StartAsync(healthy);
        using var channel = GrpcChannel.ForAddress(service.Address);

        var answer = await new Health.HealthClient(channel).CheckAsync(new HealthCheckRequest(), cancellationToken: Cancellation);

        Assert.Equal(expected, answer.Status);
    }

    [Fact]
    public async Task Only_those_with_the_secret_watch_it()
    {
        await using var service = await StartAsync(healthy: true);
        using var channel = GrpcChannel.ForAddress(service.Address);
        var client = new Health.HealthClient(channel);
        using var stranger = client.Watch(new HealthCheckRequest(), cancellationToken: Cancellation);
        using var friend = client.Watch(new HealthCheckRequest(), new Metadata { { InternalSecret.Header, TestService.Secret } }, cancellationToken: Cancellation);

        var refused = await Assert.ThrowsAsync<RpcException>(() => stranger.ResponseStream.MoveNext(Cancellation));

        Assert.Equal(StatusCode.Unauthenticated, refused.StatusCode);
        Assert.True(await friend.ResponseStream.MoveNext(Cancellation));
        Assert.Equal(ServingStatus.Serving, friend.ResponseStream.Current.Status);
    }

    private static Task<TestService> StartAsync(bool healthy) => TestService.StartAsync(
        _ => { },
        builder =>
        {
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
            builder.AddGrpcServer();
            builder.Services.AddHealthChecks().AddCheck("it", () => healthy ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy());
        });
}
