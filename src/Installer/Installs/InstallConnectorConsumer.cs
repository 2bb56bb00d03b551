using System.Diagnostics;
using MassTransit;
using Platform.Contracts;
using Platform.ServiceDefaults;

namespace Platform.Installer.Installs;

/// <summary>Takes the command over: it is acknowledged when its status is on the disk, and never held for the length of the install.</summary>
internal sealed class InstallConnectorConsumer(InstallQueue queue, CommandPublisher publisher) : IConsumer<InstallConnector>
{
    public async Task Consume(ConsumeContext<InstallConnector> context)
    {
        var command = context.Message;
        try
        {
            queue.Accept(new InstallStatus(
                command.InstallId, command.Manifest, command.Connector, DateTimeOffset.UtcNow, Activity.Current?.Id, UpdateFrom: command.UpdateFrom, Pin: command.Pin));
        }
        catch (IOException e) when (e.HResult == Posix.NoSpace)
        {
            // Nothing can be kept of it, so it is answered at once.
            await publisher.PublishAsync(new InstallFinished(command.InstallId, false, null, null, null, Errors.DiskFull().Error), context.CancellationToken);
        }
    }
}
