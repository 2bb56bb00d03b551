using System.Diagnostics;
using MassTransit;
using Platform.Contracts;

namespace Platform.Installer.Installs;

/// <summary>Takes the command over: it is acknowledged when its status is on the disk, and never held for the length of the install.</summary>
internal sealed class InstallConnectorConsumer(InstallQueue queue) : IConsumer<InstallConnector>
{
    public Task Consume(ConsumeContext<InstallConnector> context)
    {
        var command = context.Message;
        queue.Accept(new InstallStatus(command.InstallId, command.Manifest, command.Connector, DateTimeOffset.UtcNow, Activity.Current?.Id));
        return Task.CompletedTask;
    }
}
