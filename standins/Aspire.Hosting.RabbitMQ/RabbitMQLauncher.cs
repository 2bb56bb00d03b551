using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Orchestration;
using RabbitMQ.Client;

namespace Aspire.Hosting.RabbitMQ;

/// <summary>
/// The installed RabbitMQ with its own data folder, node, ports and port mapper, all on loopback. Its epmd is started first and ended last:
/// one that the broker starts by itself would outlive it.
/// </summary>
internal sealed class RabbitMQLauncher(RabbitMQServerResource server) : ResourceLauncher
{
    private const string Script = "/usr/lib/rabbitmq/bin/rabbitmq-server";

    internal override async Task<ManagedProcess?> StartAsync(LaunchContext context, CancellationToken cancellationToken)
    {
        if (!File.Exists(Script))
            throw new DistributedApplicationException("RabbitMQ is not installed: apt-get install rabbitmq-server, or give the connection string of a broker of your own.");
        var volume = server.Annotations.OfType<DataVolumeAnnotation>().FirstOrDefault()?.Folder(context.Configuration);
        var folder = volume ?? Path.Combine(context.Run.Path, server.Name);
        Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var volumeLock = volume is null ? null : LocalServer.Lock(volume, server.Name);
        var pidFile = Path.Combine(folder, "pid");
        if (File.Exists(pidFile) && int.TryParse(await File.ReadAllTextAsync(pidFile, cancellationToken), CultureInfo.InvariantCulture, out var leftover))
            await LocalServer.EndLeftoverAsync(leftover, folder, cancellationToken);

        var port = await server.Endpoint.AllocatedPort;
        var epmdPort = Ports.Free().ToString(CultureInfo.InvariantCulture);
        var configuration = Path.Combine(folder, "rabbitmq.conf");
        var plugins = Path.Combine(folder, "enabled_plugins");
        await File.WriteAllTextAsync(plugins, "[].", cancellationToken);
        File.Delete(configuration);
        await using (var file = new FileStream(configuration, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
        {
            var user = await server.UserName.GetValueAsync(cancellationToken);
            var password = await server.PasswordParameter.GetValueAsync(cancellationToken);
            // The default user takes the place of guest when the data is made; it is ignored later.
            var text = string.Create(CultureInfo.InvariantCulture, $"""
                listeners.tcp.1 = {server.Endpoint.TargetHost}:{port}
                default_user = {user}
                default_pass = {password}
                log.console = true
                log.console.level = warning
                log.file = false

                """);
            await file.WriteAsync(System.Text.Encoding.UTF8.GetBytes(text), cancellationToken);
        }

        var epmd = ManagedProcess.Start(context, server.Name, "epmd", ["-port", epmdPort, "-address", "127.0.0.1"], "/", Signal.Terminate, Own);
        // A throw-away broker has nothing to save.
        var broker = ManagedProcess.Start(context, server.Name, Script, [], folder, volume is null ? Signal.Kill : Signal.Terminate, Own, stopTimeout: TimeSpan.FromSeconds(20), companion: epmd, owned: volumeLock);
        await File.WriteAllTextAsync(pidFile, broker.Id.ToString(CultureInfo.InvariantCulture), CancellationToken.None);
        return broker;

        void Own(IDictionary<string, string?> environment)
        {
            foreach (var name in environment.Keys.Where(key => key.StartsWith("RABBITMQ_", StringComparison.Ordinal) || key.StartsWith("ERL_", StringComparison.Ordinal)).ToList())
                environment.Remove(name);
            environment["ERL_EPMD_PORT"] = epmdPort;
            environment["ERL_EPMD_ADDRESS"] = "127.0.0.1";
            environment["HOME"] = folder;
            // Replaces the script by the broker, instead of a shell that would leave it behind when it is killed.
            environment["RUNNING_UNDER_SYSTEMD"] = "true";
            environment["RABBITMQ_NODENAME"] = "rabbit@localhost";
            environment["RABBITMQ_NODE_IP_ADDRESS"] = server.Endpoint.TargetHost;
            environment["RABBITMQ_NODE_PORT"] = port.ToString(CultureInfo.InvariantCulture);
            environment["RABBITMQ_DIST_PORT"] = Ports.Free().ToString(CultureInfo.InvariantCulture);
            environment["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = "-kernel inet_dist_use_interface {127,0,0,1}";
            environment["RABBITMQ_LOG"] = "warning";
            environment["RABBITMQ_MNESIA_BASE"] = Path.Combine(folder, "mnesia");
            environment["RABBITMQ_LOG_BASE"] = Path.Combine(folder, "log");
            environment["RABBITMQ_CONFIG_FILE"] = configuration;
            environment["RABBITMQ_CONF_ENV_FILE"] = "/dev/null";
            environment["RABBITMQ_ENABLED_PLUGINS_FILE"] = plugins;
            environment["RABBITMQ_PID_FILE"] = Path.Combine(folder, "node.pid");
        }
    }

    internal override async Task CheckAsync(CancellationToken cancellationToken)
    {
        var uri = await server.ConnectionStringExpression.GetValueAsync(cancellationToken);
        var factory = new ConnectionFactory { Uri = new Uri(uri!), AutomaticRecoveryEnabled = false, RequestedConnectionTimeout = TimeSpan.FromSeconds(5) };
        await using var connection = await factory.CreateConnectionAsync(cancellationToken);
    }
}
