using Microsoft.Extensions.Options;

namespace Platform.Installer.Build;

/// <summary>How install commands are isolated on this machine; found out by a trial, once.</summary>
internal sealed partial class Sandbox(DataFolder data, IOptions<InstallOptions> options, ILogger<Sandbox> logger)
{
    /// <summary>The source's folder as the install command, and later every run, sees it.</summary>
    public const string Root = "/connector";

    private const uint Nobody = 65534;
    private static readonly TimeSpan TrialLimit = TimeSpan.FromSeconds(10);
    private readonly Lazy<Task<Isolation>> _isolation = new(() => FindAsync(data, options.Value, logger));

    /// <param name="Name">As it stands in the log: bubblewrap or direct.</param>
    /// <param name="Unprivileged">The command runs as nobody, because this service is root.</param>
    /// <param name="Groups">The version of the cgroups that bind memory and processes; null where none can be made.</param>
    public sealed record Isolation(string Name, bool Unprivileged, int? Groups = null);

    /// <summary>Also called at start, so that a setting that can't be met fails there.</summary>
    public Task<Isolation> IsolationAsync() => _isolation.Value;

    /// <summary>Bash reads no file of its own before the command; where there is none, the machine's sh has to do.</summary>
    public static IReadOnlyList<string> Shell(string command) =>
        File.Exists("/bin/bash") ? ["/bin/bash", "--noprofile", "--norc", "-c", command] : ["/bin/sh", "-c", command];

    /// <summary>A command in the source's folder, ready to run.</summary>
    /// <param name="temporary">A folder on the disk that becomes /tmp.</param>
    /// <param name="readable">A folder that it sees besides, at the same path; null: none.</param>
    public async Task<Command> PrepareAsync(string source, string temporary, Guid install, IReadOnlyList<string> command, string? readable = null)
    {
        var isolation = await IsolationAsync();
        Directory.CreateDirectory(Path.Combine(temporary, "home"));
        if (isolation.Unprivileged)
        {
            Tree.GiveTo(source, Nobody, options.Value);
            Tree.GiveTo(temporary, Nobody, options.Value);
        }
        return Wrap(isolation, source, temporary, install.ToString(), command, options.Value, readable);
    }

    private static Command Wrap(
        Isolation isolation, string source, string temporary, string mark, IReadOnlyList<string> command, InstallOptions limits,
        string? readable = null)
    {
        // RLIMIT_AS is left alone: .NET and Node don't start under it. RLIMIT_NPROC counts all processes of a user,
        // other installs' too, so it suits only one that has no others, and only where no cgroup does better.
        string[] limited = ["prlimit", "--core=0", $"--fsize={limits.MaxBytes}", "--nofile=8192",
            .. isolation is { Unprivileged: true, Groups: null } ? (string[])[$"--nproc={limits.CommandProcesses}"] : []];
        if (isolation.Name == "direct") return new Command([.. limited, .. command], source, Environment(temporary));

        List<string> arguments =
        [
            .. limited, "bwrap", "--die-with-parent", "--new-session", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try",
            "--cap-drop", "ALL", "--ro-bind", "/usr", "/usr",
        ];
        foreach (var folder in (string[])["/bin", "/sbin", "/lib", "/lib32", "/lib64"])
        {
            if (Posix.Look(folder) is { Kind: Posix.Kind.Link }) arguments.AddRange(["--symlink", new DirectoryInfo(folder).LinkTarget!, folder]);
            else arguments.AddRange(["--ro-bind-try", folder, folder]);
        }
        arguments.AddRange(["--ro-bind", "/etc", "/etc", "--ro-bind-try", "/opt", "/opt"]);
        // As nobody it can't read them; as this service's own user it could.
        if (!isolation.Unprivileged)
            foreach (var (path, folder) in PrivateFiles.Below("/etc")) arguments.AddRange(folder ? ["--tmpfs", path] : ["--ro-bind", "/dev/null", path]);
        // Where /etc/resolv.conf points on some machines.
        arguments.AddRange(["--ro-bind-try", "/run/systemd/resolve", "/run/systemd/resolve"]);
        arguments.AddRange(["--proc", "/proc", "--dev", "/dev", "--bind", temporary, "/tmp", "--bind", source, Root, "--chdir", Root]);
        if (readable is not null)
        {
            // bubblewrap would make the folders above for itself alone.
            for (var end = readable.IndexOf('/', 1); end > 0; end = readable.IndexOf('/', end + 1)) arguments.AddRange(["--perms", "0755", "--dir", readable[..end]]);
            arguments.AddRange(["--ro-bind", readable, readable]);
        }
        arguments.AddRange(["--clearenv", "--setenv", InstallProcesses.Mark, mark]);
        foreach (var (name, value) in Environment("/tmp")) arguments.AddRange(["--setenv", name, value]);
        if (isolation.Unprivileged)
        {
            arguments.AddRange(["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]);
            arguments.AddRange(["setpriv", $"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups", "--no-new-privs", "--"]);
        }
        return new Command([.. arguments, .. command], source, new Dictionary<string, string> { ["PATH"] = Command.Path });
    }

    /// <summary>Everything that build tools write outside the source goes below the private folder.</summary>
    private static Dictionary<string, string> Environment(string temporary) => new()
    {
        ["PATH"] = Command.Path,
        ["LANG"] = "C.UTF-8",
        ["HOME"] = $"{temporary}/home",
        ["TMPDIR"] = temporary,
        ["GOCACHE"] = $"{temporary}/go-build",
        ["GOPATH"] = $"{temporary}/go",
        ["XDG_CACHE_HOME"] = $"{temporary}/cache",
        ["npm_config_cache"] = $"{temporary}/npm",
        ["PIP_CACHE_DIR"] = $"{temporary}/pip",
        ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
        ["DOTNET_NOLOGO"] = "1",
    };

    private static async Task<Isolation> FindAsync(DataFolder data, InstallOptions options, ILogger logger)
    {
        List<Isolation> candidates = [];
        if (options.Isolation != "direct" && System.Environment.IsPrivilegedProcess) candidates.Add(new("bubblewrap", Unprivileged: true));
        if (options.Isolation != "direct") candidates.Add(new("bubblewrap", Unprivileged: false));
        foreach (var candidate in candidates)
        {
            if (await WorksAsync(candidate, data, options)) return candidate with { Groups = await GroupsAsync(options) };
        }
        if (options.Isolation == "bubblewrap")
            throw new InvalidOperationException("Install:Isolation is bubblewrap, but bwrap is absent or does not work here: install bubblewrap, allow user namespaces, or set it to auto.");
        if (options.Isolation == "auto") LogDirect(logger);
        return new("direct", Unprivileged: false, await GroupsAsync(options));
    }

    private static async Task<int?> GroupsAsync(InstallOptions options)
    {
        if (new CommandLimits(options, []).CreateGroup(Guid.CreateVersion7()) is not { } trial) return null;
        await trial.RemoveAsync();
        return trial.Version;
    }

    private static async Task<bool> WorksAsync(Isolation isolation, DataFolder data, InstallOptions options)
    {
        var trial = Directory.CreateDirectory(Path.Combine(data.Work, $"trial-{Guid.CreateVersion7()}"));
        try
        {
            var (source, temporary) = (trial.CreateSubdirectory("source").FullName, trial.CreateSubdirectory("tmp").FullName);
            if (isolation.Unprivileged) Tree.GiveTo(source, Nobody, options);
            var id = Guid.CreateVersion7();
            var command = Wrap(isolation, source, temporary, id.ToString(), ["/bin/sh", "-c", "echo works > proof"], options);
            var outcome = await command.RunAsync(id, TrialLimit, (_, _) => { }, CancellationToken.None);
            return outcome.ExitCode == 0 && File.Exists(Path.Combine(source, "proof"));
        }
        finally
        {
            Tree.Delete(trial.FullName);
        }
    }

    [LoggerMessage(LogLevel.Warning, "bubblewrap is absent or does not work here: install commands see this machine's files")]
    private static partial void LogDirect(ILogger logger);
}
