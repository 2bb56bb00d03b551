using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Orchestration;
using Npgsql;

namespace Aspire.Hosting.Postgres;

/// <summary>The installed PostgreSQL on a private port and data folder; as the user postgres when this is root, whom the server refuses.</summary>
internal sealed class PostgresLauncher(PostgresServerResource server) : ResourceLauncher
{
    private const string User = "postgres";

    internal override async Task<ManagedProcess?> StartAsync(LaunchContext context, CancellationToken cancellationToken)
    {
        var binaries = FindBinaries();
        var volume = server.Annotations.OfType<DataVolumeAnnotation>().FirstOrDefault()?.Folder(context.Configuration);
        var volumeLock = volume is null ? null : LocalServer.Lock(volume, server.Name);
        // Beside the run's folder, which only its owner may enter.
        var folder = volume ?? $"{context.Run.Path}-{server.Name}";
        await CreateOwnedFolderAsync(folder, cancellationToken);
        if (volume is not null)
            await CheckReachableAsync(folder, cancellationToken);
        var data = Path.Combine(folder, "pgdata");
        if (Directory.Exists(data))
            await RemoveStalePidFileAsync(data, cancellationToken);
        else
            await InitializeAsync(binaries, folder, data, throwAway: volume is null, cancellationToken);

        var port = await server.Endpoint.AllocatedPort;
        List<string> arguments =
        [
            "-D", data, "-h", server.Endpoint.TargetHost, "-p", port.ToString(CultureInfo.InvariantCulture),
            "-c", "unix_socket_directories=", "-c", "shared_preload_libraries=pg_stat_statements", "-c", "max_connections=200", "-c", "log_checkpoints=off",
        ];
        if (volume is null)
            arguments.AddRange(["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]);
        return ManagedProcess.Start(
            context, server.Name, Path.Combine(binaries, "postgres"), arguments, "/", volume is null ? Signal.Quit : Signal.Interrupt,
            user: Native.IsRoot ? User : null, stopTimeout: TimeSpan.FromSeconds(20), owned: volumeLock);
    }

    internal override async Task CheckAsync(CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(await MaintenanceConnectionStringAsync(server, cancellationToken));
        await connection.OpenAsync(cancellationToken);
    }

    /// <summary>To the database postgres, without a pool: nothing of ours may stay connected.</summary>
    internal static async Task<string> MaintenanceConnectionStringAsync(PostgresServerResource server, CancellationToken cancellationToken) =>
        new NpgsqlConnectionStringBuilder((await server.GetConnectionStringAsync(cancellationToken))!) { Database = "postgres", Pooling = false, Timeout = 5 }.ConnectionString;

    private async Task InitializeAsync(string binaries, string folder, string data, bool throwAway, CancellationToken cancellationToken)
    {
        var unfinished = data + ".new";
        var passwordFile = Path.Combine(folder, "initial-password");
        await LocalServer.RunAsync("rm", ["-rf", unfinished, passwordFile], cancellationToken);
        try
        {
            await using (var file = new FileStream(passwordFile, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
                await file.WriteAsync(System.Text.Encoding.UTF8.GetBytes((await server.PasswordParameter.GetValueAsync(cancellationToken))!), cancellationToken);
            await ChangeOwnerAsync(passwordFile, cancellationToken);
            string[] initdb =
            [
                Path.Combine(binaries, "initdb"), "--auth=scram-sha-256", $"--pwfile={passwordFile}", $"--username={await server.UserName.GetValueAsync(cancellationToken)}",
                "--encoding=UTF8", "--locale=C.UTF-8", .. throwAway ? ["--no-sync"] : Array.Empty<string>(), "-D", unfinished,
            ];
            if (Native.IsRoot)
                initdb = ["setpriv", $"--reuid={User}", $"--regid={User}", "--init-groups", "--", .. initdb];
            await LocalServer.RunAsync(initdb[0], initdb[1..], cancellationToken);
            // Only a finished cluster has the name that the next start looks for.
            Directory.Move(unfinished, data);
        }
        finally
        {
            File.Delete(passwordFile);
        }
    }

    private static async Task CreateOwnedFolderAsync(string folder, CancellationToken cancellationToken)
    {
        // The parents may be entered by everyone, the data by its owner only.
        Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await ChangeOwnerAsync(folder, cancellationToken);
    }

    private static Task ChangeOwnerAsync(string path, CancellationToken cancellationToken) =>
        Native.IsRoot ? LocalServer.RunAsync("chown", [$"{User}:", path], cancellationToken) : Task.CompletedTask;

    private static async Task CheckReachableAsync(string folder, CancellationToken cancellationToken)
    {
        if (!Native.IsRoot)
            return;
        try
        {
            await LocalServer.RunAsync("setpriv", [$"--reuid={User}", $"--regid={User}", "--init-groups", "--", "test", "-x", folder], cancellationToken);
        }
        catch (DistributedApplicationException exception)
        {
            throw new DistributedApplicationException(
                $"PostgreSQL does not run as root, and the user '{User}' can't reach its data in {folder}: {FirstClosedFolder(folder)} is closed to other users. " +
                "Choose a folder that can be reached with Standins:DataDirectory, or start as an ordinary user.", exception);
        }
    }

    private static string FirstClosedFolder(string folder)
    {
        var parents = new Stack<string>();
        for (var parent = Path.GetDirectoryName(folder); parent is not null; parent = Path.GetDirectoryName(parent))
            parents.Push(parent);
        return parents.FirstOrDefault(parent => (File.GetUnixFileMode(parent) & UnixFileMode.OtherExecute) == 0) ?? folder;
    }

    /// <summary>After a crash the file names a process that is gone, or whose number has been given to another since.</summary>
    private static async Task RemoveStalePidFileAsync(string data, CancellationToken cancellationToken)
    {
        var file = Path.Combine(data, "postmaster.pid");
        if (!File.Exists(file))
            return;
        if (int.TryParse((await File.ReadAllLinesAsync(file, cancellationToken)).FirstOrDefault(), CultureInfo.InvariantCulture, out var pid))
            await LocalServer.EndLeftoverAsync(pid, data, cancellationToken);
        File.Delete(file);
    }

    private static string FindBinaries()
    {
        var installed = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").OrderByDescending(path => int.TryParse(Path.GetFileName(path), CultureInfo.InvariantCulture, out var version) ? version : 0).Select(path => Path.Combine(path, "bin"))
            : [];
        return installed.Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'))
                .FirstOrDefault(path => File.Exists(Path.Combine(path, "initdb")) && File.Exists(Path.Combine(path, "postgres")))
            ?? throw new DistributedApplicationException("PostgreSQL is not installed: apt-get install postgresql, or give the connection strings of a server of your own.");
    }
}

/// <summary>The database on the server: created when missing, before anybody who refers to it starts.</summary>
internal sealed class DatabaseLauncher(PostgresDatabaseResource database) : ResourceLauncher
{
    internal override IEnumerable<IResource> Dependencies => [database.Parent];

    internal override async Task<ManagedProcess?> StartAsync(LaunchContext context, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(await PostgresLauncher.MaintenanceConnectionStringAsync(database.Parent, cancellationToken));
        await connection.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = $"CREATE DATABASE \"{database.DatabaseName.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
        try
        {
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.DuplicateDatabase)
        {
            // It is there already, with its data.
        }
        return null;
    }
}
