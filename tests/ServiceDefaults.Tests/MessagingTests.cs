using System.Diagnostics;
using System.Text;
using System.Threading.Channels;
using MassTransit;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Platform.Servers;
using RabbitMQ.Client;

namespace Platform.ServiceDefaults.Tests;

/// <summary>Top level, so that its queue has a speaking name.</summary>
public sealed record PolishShoe(Guid ShoeId, string FirstWish);

internal sealed class PolishShoeConsumer(Channel<PolishShoe> consumed) : IConsumer<PolishShoe>
{
    public Task Consume(ConsumeContext<PolishShoe> context) => consumed.Writer.WriteAsync(context.Message).AsTask();
}

public sealed class MessagingTests(ServersFixture servers)
{
    private static readonly TimeSpan ArrivalTimeout = TimeSpan.FromSeconds(20);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static Task<TestService> StartAsync(string broker, Channel<PolishShoe> consumed) => TestService.StartAsync(_ => { }, builder =>
    {
        builder.Environment.ApplicationName = "Platform.Installer";
        builder.Configuration.AddInMemoryCollection([new("ConnectionStrings:messaging", broker)]);
        builder.Services.AddSingleton(consumed);
        builder.AddMessaging(bus => bus.AddConsumer<PolishShoeConsumer>());
    });

    [Fact]
    public async Task A_command_arrives_at_the_queue_named_after_service_and_consumer()
    {
        var consumed = Channel.CreateUnbounded<PolishShoe>();
        await using var service = await StartAsync(servers.RabbitMqUri, consumed);
        var sent = new PolishShoe(Guid.CreateVersion7(), "shine");
        var health = service.Services.GetRequiredService<HealthCheckService>();
        var began = Stopwatch.GetTimestamp();
        while ((await health.CheckHealthAsync(Cancellation)).Status != HealthStatus.Healthy)
            Assert.True(Stopwatch.GetElapsedTime(began) < ArrivalTimeout, "The bus never became healthy.");

        await service.Services.GetRequiredService<CommandPublisher>().PublishAsync(sent, Cancellation);

        Assert.Equal(sent, await consumed.Reader.ReadAsync(Cancellation).AsTask().WaitAsync(ArrivalTimeout, Cancellation));
        await using var connection = await new ConnectionFactory { Uri = new Uri(servers.RabbitMqUri) }.CreateConnectionAsync(Cancellation);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Cancellation);
        Assert.Equal("installer-polish-shoe", (await channel.QueueDeclarePassiveAsync("installer-polish-shoe", Cancellation)).QueueName);

        // Plain snake_case JSON, from anybody.
        await channel.BasicPublishAsync(
            "", "installer-polish-shoe", mandatory: true, new BasicProperties { ContentType = "application/json" },
            Encoding.UTF8.GetBytes($$"""{"shoe_id":"{{sent.ShoeId}}","first_wish":"black"}"""), Cancellation);
        Assert.Equal("black", (await consumed.Reader.ReadAsync(Cancellation).AsTask().WaitAsync(ArrivalTimeout, Cancellation)).FirstWish);
    }

    [Fact]
    public async Task A_service_that_stops_while_it_connects_takes_no_command_afterwards()
    {
        await using var connection = await new ConnectionFactory { Uri = new Uri(servers.RabbitMqUri) }.CreateConnectionAsync(Cancellation);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Cancellation);
        var consumed = Channel.CreateUnbounded<PolishShoe>();

        await (await StartAsync(servers.RabbitMqUri, consumed)).DisposeAsync();

        // Its start came to an end, so the queue is there, and nobody listens to it.
        Assert.Equal(0u, (await channel.QueueDeclarePassiveAsync("installer-polish-shoe", Cancellation)).ConsumerCount);
    }

    [Fact]
    public async Task Without_a_broker_the_service_starts_and_says_that_it_is_not_healthy()
    {
        var began = Stopwatch.GetTimestamp();
        await using var service = await StartAsync("amqp://guest:guest@127.0.0.1:9", Channel.CreateUnbounded<PolishShoe>());

        Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(5));
        Assert.Equal(503, (int)(await service.Client.GetAsync("/health", Cancellation)).StatusCode);
        Assert.Equal(200, (int)(await service.Client.GetAsync("/alive", Cancellation)).StatusCode);
    }

    [Fact]
    public async Task Without_a_broker_publishing_ends_at_its_deadline()
    {
        await using var service = await StartAsync("amqp://guest:guest@127.0.0.1:9", Channel.CreateUnbounded<PolishShoe>());
        var publisher = service.Services.GetRequiredService<CommandPublisher>();

        Assert.False(await publisher.TryPublishAsync(new PolishShoe(Guid.Empty, ""), Cancellation));
    }
}
