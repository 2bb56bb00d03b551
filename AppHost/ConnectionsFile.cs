using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Platform.AppHost;

/// <summary>
/// Platform:ConnectionsFile names a file into which the broker's address goes once it is healthy, so that the operator's own
/// consumers find it: <c>{"messaging": "amqp://…"}</c>. Only the owner can read it, as it has the password. Without the setting: no file.
/// </summary>
internal sealed class ConnectionsFile(string path, IResourceWithConnectionString broker, ResourceNotificationService notifications) : BackgroundService
{
    internal static void Add(IDistributedApplicationBuilder builder, IResourceBuilder<IResourceWithConnectionString> broker)
    {
        if (builder.Configuration["Platform:ConnectionsFile"] is { Length: > 0 } path)
            builder.Services.AddHostedService(services => new ConnectionsFile(path, broker.Resource, services.GetRequiredService<ResourceNotificationService>()));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await notifications.WaitForResourceHealthyAsync(broker.Name, stoppingToken);
        var connections = new Dictionary<string, string?> { [broker.Name] = await broker.GetConnectionStringAsync(stoppingToken) };
        var draft = path + ".new";
        await using (var file = new FileStream(draft, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            await JsonSerializer.SerializeAsync(file, connections, cancellationToken: stoppingToken);
        }

        File.Move(draft, path, overwrite: true);
    }
}
