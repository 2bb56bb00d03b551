using MassTransit;
using Platform.Contracts;

namespace Platform.Installer.Installs;

/// <summary>Ends an install. Registry repeats the command until the install is answered, so one that is not known (yet) is nothing to remember.</summary>
internal sealed class CancelInstallConsumer(InstallQueue queue) : IConsumer<CancelInstall>
{
    public Task Consume(ConsumeContext<CancelInstall> context)
    {
        queue.Cancel(context.Message.InstallId);
        return Task.CompletedTask;
    }
}
