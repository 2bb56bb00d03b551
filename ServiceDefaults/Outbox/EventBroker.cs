using RabbitMQ.Client;

namespace Platform.ServiceDefaults;

/// <summary>The process's connection to the broker for events. Commands have their own, MassTransit's.</summary>
public sealed class EventBroker(IConnectionFactory factory) : IAsyncDisposable
{
    /// <summary>The topic exchange, durable, of every event.</summary>
    public const string Exchange = "platform.events";

    private readonly SemaphoreSlim gate = new(1);
    private IConnection? connection;

    /// <summary>The open connection, or a new one. The exchange exists then.</summary>
    /// <exception cref="RabbitMQ.Client.Exceptions.BrokerUnreachableException">The broker is away; at once, without retries.</exception>
    public async Task<IConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            if (connection is { IsOpen: true })
                return connection;
            if (connection is not null)
                await connection.DisposeAsync();
            connection = null;
            var opened = await factory.CreateConnectionAsync(cancellationToken);
            try
            {
                await using var channel = await opened.CreateChannelAsync(cancellationToken: cancellationToken);
                await channel.ExchangeDeclareAsync(Exchange, ExchangeType.Topic, durable: true, autoDelete: false, cancellationToken: cancellationToken);
            }
            catch
            {
                await opened.DisposeAsync();
                throw;
            }
            return connection = opened;
        }
        finally
        {
            gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (connection is not null)
            await connection.DisposeAsync();
        gate.Dispose();
    }
}
