using System.Threading.Channels;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Platform.Contracts;
using Platform.ServiceDefaults;

namespace Platform.Registry.Tests;

/// <summary>Stands where Installer stands on the broker; the test says what it answers.</summary>
internal sealed class InstallerStub : IAsyncDisposable
{
    private static readonly TimeSpan ReadyTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan CommandTimeout = TimeSpan.FromSeconds(45);

    private readonly IHost host;
    private readonly Channel<InstallConnector> commands = Channel.CreateUnbounded<InstallConnector>();
    private readonly Channel<CancelInstall> cancels = Channel.CreateUnbounded<CancelInstall>();

    private InstallerStub(string messaging)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "Platform.Installer", DisableDefaults = true });
        builder.Configuration["ConnectionStrings:messaging"] = messaging;
        builder.Services.AddSingleton(commands).AddSingleton(cancels);
        builder.AddMessaging(x =>
        {
            x.AddConsumer<InstallConnectorConsumer>();
            x.AddConsumer<CancelInstallConsumer>();
        });
        host = builder.Build();
    }

    public static async Task<InstallerStub> StartAsync(string messaging)
    {
        var stub = new InstallerStub(messaging);
        await stub.host.StartAsync();
        await stub.host.Services.GetRequiredService<IBusControl>().WaitForHealthStatus(BusHealthStatus.Healthy, ReadyTimeout);
        return stub;
    }

    /// <summary>The command of an install; others that come meanwhile are dropped.</summary>
    public Task<InstallConnector> CommandAsync(Guid install, CancellationToken cancel) =>
        NextAsync(commands, command => command.InstallId == install, cancel);

    /// <summary>The request to end an install; others that come meanwhile are dropped.</summary>
    public Task<CancelInstall> CancelAsync(Guid install, CancellationToken cancel) => NextAsync(cancels, command => command.InstallId == install, cancel);

    private static async Task<T> NextAsync<T>(Channel<T> channel, Func<T, bool> isIt, CancellationToken cancel)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        timeout.CancelAfter(CommandTimeout);
        await foreach (var command in channel.Reader.ReadAllAsync(timeout.Token))
            if (isIt(command)) return command;
        throw new InvalidOperationException("The channel of commands was closed.");
    }

    public Task SendAsync<T>(T message, CancellationToken cancel) where T : class =>
        host.Services.GetRequiredService<CommandPublisher>().PublishAsync(message, cancel);

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        host.Dispose();
    }

    private sealed class InstallConnectorConsumer(Channel<InstallConnector> commands) : IConsumer<InstallConnector>
    {
        public Task Consume(ConsumeContext<InstallConnector> context) => commands.Writer.WriteAsync(context.Message).AsTask();
    }

    private sealed class CancelInstallConsumer(Channel<CancelInstall> cancels) : IConsumer<CancelInstall>
    {
        public Task Consume(ConsumeContext<CancelInstall> context) => cancels.Writer.WriteAsync(context.Message).AsTask();
    }
}
