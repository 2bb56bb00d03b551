using Grpc.Core;
using Grpc.Health.V1;
using Grpc.HealthCheck;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace Platform.Standins.Tests.Grpc;

public sealed class HealthTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_status_that_is_set_is_told_and_an_unknown_service_is_not_found()
    {
        var health = new HealthServiceImpl();
        await using var server = await EchoServer.StartAsync(services: services => services.AddSingleton(health), map: app => app.MapGrpcService<HealthServiceImpl>());
        var client = new Health.HealthClient(server.Channel);

        health.SetStatus("", ServingStatus.Serving);
        health.SetStatus("a", ServingStatus.NotServing);
        health.SetStatus("b", ServingStatus.Serving);

        Assert.Equal([ServingStatus.Serving, ServingStatus.NotServing, ServingStatus.Serving], [await CheckAsync(client, ""), await CheckAsync(client, "a"), await CheckAsync(client, "b")]);
        health.ClearStatus("a");
        Assert.Equal([null, ServingStatus.Serving], [await CheckAsync(client, "a"), await CheckAsync(client, "b")]);
        health.ClearAll();
        Assert.Equal([null, null], [await CheckAsync(client, ""), await CheckAsync(client, "b")]);
    }

    [Fact]
    public async Task A_watcher_is_told_the_status_and_each_change_of_its_service()
    {
        var health = new HealthServiceImpl();
        await using var server = await EchoServer.StartAsync(services: services => services.AddSingleton(health), map: app => app.MapGrpcService<HealthServiceImpl>());
        using var watch = new Health.HealthClient(server.Channel).Watch(new HealthCheckRequest { Service = "a" }, cancellationToken: Cancellation);

        Assert.Equal(ServingStatus.ServiceUnknown, await NextAsync(watch));
        health.SetStatus("other", ServingStatus.Serving);
        health.SetStatus("a", ServingStatus.Serving);
        Assert.Equal(ServingStatus.Serving, await NextAsync(watch));
        health.SetStatus("a", ServingStatus.Serving);
        health.SetStatus("a", ServingStatus.NotServing);
        Assert.Equal(ServingStatus.NotServing, await NextAsync(watch));
        health.ClearAll();
        Assert.Equal(ServingStatus.ServiceUnknown, await NextAsync(watch));
    }

    [Fact]
    public async Task The_applications_health_checks_are_the_services_that_it_maps_them_to()
    {
        var broken = false;
        await using var server = await EchoServer.StartAsync(
            services: services => services
                .AddGrpcHealthChecks(options =>
                {
                    options.Services.Map("db", check => check.Tags.Contains("data"));
                    options.Services.Map("nothing", _ => false);
                })
                .AddCheck("postgres", () => broken ? HealthCheckResult.Unhealthy() : HealthCheckResult.Healthy(), ["data"])
                .AddCheck("slow", () => HealthCheckResult.Degraded()),
            map: app => app.MapGrpcHealthChecksService());
        var client = new Health.HealthClient(server.Channel);

        Assert.Equal([ServingStatus.Serving, ServingStatus.Serving, ServingStatus.Unknown, null], [await CheckAsync(client, ""), await CheckAsync(client, "db"), await CheckAsync(client, "nothing"), await CheckAsync(client, "other")]);
        broken = true;
        Assert.Equal([ServingStatus.NotServing, ServingStatus.NotServing], [await CheckAsync(client, ""), await CheckAsync(client, "db")]);
    }

    [Fact]
    public async Task A_watcher_of_health_checks_is_told_what_is_published_and_ends_when_the_server_stops()
    {
        var broken = true;
        await using var server = await EchoServer.StartAsync(
            services: services =>
            {
                services.AddGrpcHealthChecks().AddCheck("it", () => broken ? HealthCheckResult.Unhealthy() : HealthCheckResult.Healthy());
                services.Configure<HealthCheckPublisherOptions>(options => (options.Delay, options.Period) = (TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1)));
            },
            map: app => app.MapGrpcHealthChecksService());
        using var watch = new Health.HealthClient(server.Channel).Watch(new HealthCheckRequest(), cancellationToken: Cancellation);

        Assert.Equal(ServingStatus.NotServing, await NextAsync(watch));
        broken = false;
        Assert.Equal(ServingStatus.Serving, await NextAsync(watch));
        server.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        Assert.False(await watch.ResponseStream.MoveNext(Cancellation).WaitAsync(EchoServer.Patience, Cancellation));
        Assert.Equal(StatusCode.OK, watch.GetStatus().StatusCode);
    }

    [Fact]
    public async Task With_the_cache_the_answer_is_what_was_published()
    {
        var runs = 0;
        await using var server = await EchoServer.StartAsync(
            services: services =>
            {
                services.AddGrpcHealthChecks(options => options.UseHealthChecksCache = true).AddCheck("it", () =>
                {
                    runs++;
                    return HealthCheckResult.Healthy();
                });
                services.Configure<HealthCheckPublisherOptions>(options => options.Delay = TimeSpan.FromMilliseconds(300));
            },
            map: app => app.MapGrpcHealthChecksService());
        var client = new Health.HealthClient(server.Channel);
        using var watch = client.Watch(new HealthCheckRequest(), cancellationToken: Cancellation);

        while (await NextAsync(watch) != ServingStatus.Serving)
            continue;

        Assert.Equal([ServingStatus.Serving, null], [await CheckAsync(client, ""), await CheckAsync(client, "it")]);
        Assert.Equal(1, runs);
    }

    [Fact]
    public async Task Mapping_without_the_services_names_what_is_missing()
    {
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => EchoServer.StartAsync(map: app => app.MapGrpcHealthChecksService()));

        Assert.Contains("AddGrpcHealthChecks", exception.Message, StringComparison.Ordinal);
    }

    private static async Task<ServingStatus?> CheckAsync(Health.HealthClient client, string service)
    {
        try
        {
            return (await client.CheckAsync(new HealthCheckRequest { Service = service }, cancellationToken: Cancellation)).Status;
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.NotFound)
        {
            return null;
        }
    }

    private static async Task<ServingStatus> NextAsync(AsyncServerStreamingCall<HealthCheckResponse> watch)
    {
        Assert.True(await watch.ResponseStream.MoveNext(Cancellation).WaitAsync(EchoServer.Patience, Cancellation));
        return watch.ResponseStream.Current.Status;
    }
}
