using System.Diagnostics;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace Platform.Runner.Processes;

/// <summary>What this machine offers to keep a connector apart, found out once.</summary>
internal sealed partial class Isolation
{
    private const string Exports = "PLATFORM_EXPORTS";
    private static readonly string[] DropCapabilities = ["--bounding-set=-all", "--inh-caps=-all", "--"];

    private readonly ConnectorSettings settings;
    private readonly string? dotnetRoot = FindDotnetRoot();
    private readonly long mostOpenFiles = ProcessTable.HardLimit(Environment.ProcessId, "Max open files");
    private readonly bool hasResourceLimits = Succeeds("prlimit", "--core=0:0", "--locks=1:1", "true");
    // Root's powers over other processes and files are not a connector's; bubblewrap takes them away by itself.
    private readonly bool dropsCapabilities = Environment.IsPrivilegedProcess && Succeeds("setpriv", [.. DropCapabilities, "true"]);

    public Isolation(IOptions<ConnectorSettings> options)
    {
        settings = options.Value;
        HasBubblewrap = settings.UseBubblewrap && Succeeds("bwrap", "--ro-bind", "/", "/", "--unshare-pid", "--proc", "/proc", "--dev", "/dev", "true");
        HasParentDeathSignal = Succeeds("setpriv", "--pdeathsig", "KILL", "--", "true");
    }

    public bool HasBubblewrap { get; }

    public bool HasParentDeathSignal { get; }

    /// <summary>The group that the limits of one run bind, or null where none can be made.</summary>
    public ControlGroup? CreateControlGroup(string name, LaunchLimits limits) =>
        settings.UseControlGroups ? ControlGroup.TryCreate(name, limits.Group) : null;

    /// <summary>As the run records it, like <c>bwrap+cgroup1</c> or <c>process-group</c>.</summary>
    public string Describe(ControlGroup? group) =>
        (HasBubblewrap ? "bwrap" : "process-group") + (group is null ? "" : "+cgroup" + group.Version);

    /// <summary>The whole start: nothing inherited but what is named here, and no option of the connection.</summary>
    /// <param name="variables">Of the protocol.</param>
    public ProcessStartInfo Start(ConnectorLaunch launch, RunFolder folder, ControlGroup? group, IReadOnlyDictionary<string, string> variables)
    {
        var start = new ProcessStartInfo("/usr/bin/env")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = HasBubblewrap ? "/" : launch.Bundle,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = dotnetRoot is null ? settings.Path : $"{settings.Path}:{dotnetRoot}";
        start.Environment["HOME"] = folder.Home;
        start.Environment["TMPDIR"] = folder.Path;
        start.Environment["LANG"] = "C.UTF-8";
        // The bundle is read only; where that is not enforced, Python would change it by its caches.
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        if (dotnetRoot is not null)
            start.Environment["DOTNET_ROOT"] = dotnetRoot;
        foreach (var (name, value) in variables)
            start.Environment[name] = value;
        // By this the processes of a run are found where nothing better holds them together.
        start.Environment[RunFolder.Marker] = folder.Path;

        foreach (var word in (string[])[.. Chain(launch, folder, group), .. Variables(launch, start), .. launch.Argv ?? CommandLine.ToArgv(launch.Command)])
            start.ArgumentList.Add(word);
        return start;
    }

    // Set behind the isolation and not before it: a library to preload, say, would be loaded into programs that run outside.
    private static IEnumerable<string> Variables(ConnectorLaunch launch, ProcessStartInfo start)
    {
        string[] own = [.. launch.Environment.Where(v => !start.Environment.ContainsKey(v.Key)).Select(v => $"{v.Key}={v.Value}")];
        string[] named = own.Length == 0 ? [] : ["/usr/bin/env", "--", .. own];
        var secret = launch.SecretEnvironment.Where(v => !start.Environment.ContainsKey(v.Key) && ShellName().IsMatch(v.Key)).ToList();
        if (secret.Count == 0)
            return named;
        start.Environment[Exports] = string.Join('\n', secret.Select(v => $"export {v.Key}='{v.Value.Replace("'", "'\\''", StringComparison.Ordinal)}'"));
        return ["/bin/sh", "-c", $"eval \"${Exports}\"; unset {Exports}; exec \"$@\"", "sh", .. named];
    }

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$")]
    private static partial Regex ShellName();

    private List<string> Chain(ConnectorLaunch launch, RunFolder folder, ControlGroup? group)
    {
        List<string> chain = [];
        if (HasParentDeathSignal)
            chain.AddRange(["setpriv", "--pdeathsig", "KILL", "--"]);
        if (group is not null)
            // A Runner that was killed before setpriv spoke for its child sends no signal any more: then this shell has another parent.
            chain.AddRange(["/bin/sh", "-c", $"[ $PPID = {Environment.ProcessId} ] || exit 125; n=$1; shift; while [ $n -gt 0 ]; do echo $$ > \"$1\" || exit 125; shift; n=$((n-1)); done; exec \"$@\"", "sh",
                $"{group.ProcsFiles.Count}", .. group.ProcsFiles]);
        // No core dumps: they would be full of options. The number of locks, which the kernel does not bind, is the mark of the run.
        if (hasResourceLimits)
            chain.AddRange(["prlimit", "--core=0:0", $"--nofile={OpenFiles(launch)}:{OpenFiles(launch)}", $"--locks={folder.Mark}:{folder.Mark}"]);
        if (HasBubblewrap)
            chain.AddRange(Bubblewrap(launch, folder));
        else
            chain.AddRange(dropsCapabilities ? ["setpriv", .. DropCapabilities, "setsid"] : ["setsid"]);
        return chain;
    }

    private long OpenFiles(ConnectorLaunch launch) => Math.Min(launch.Limits.OpenFiles, mostOpenFiles);

    private IEnumerable<string> Bubblewrap(ConnectorLaunch launch, RunFolder folder)
    {
        var room = $"{launch.Limits.DiskBytes}";
        List<string> arguments = ["bwrap", "--die-with-parent", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--new-session", "--cap-drop", "ALL"];
        foreach (var system in (string[])["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc"])
            arguments.AddRange(["--ro-bind-try", system, system]);
        arguments.AddRange(["--proc", "/proc", "--dev", "/dev", "--size", room, "--tmpfs", "/dev/shm", "--size", room, "--tmpfs", "/tmp", "--size", room, "--tmpfs", "/run"]);
        // Where /etc/resolv.conf often points to.
        arguments.AddRange(["--ro-bind-try", "/run/systemd/resolve", "/run/systemd/resolve"]);
        foreach (var path in settings.ReadablePaths.Append(dotnetRoot).OfType<string>().Where(p => !p.StartsWith("/usr/", StringComparison.Ordinal)))
            arguments.AddRange(["--ro-bind-try", path, path]);
        // The same path inside and out: the addresses of its sockets are announced by path.
        arguments.AddRange(["--bind", folder.Path, folder.Path, "--ro-bind", launch.Bundle, "/connector", "--chdir", "/connector", "--"]);
        return arguments;
    }

    private static string? FindDotnetRoot()
    {
        var root = Path.GetFullPath(Path.Combine(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        return File.Exists(Path.Combine(root, "dotnet")) ? root.TrimEnd('/') : null;
    }

    private static bool Succeeds(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            if (!process.WaitForExit(TimeSpan.FromSeconds(5)))
                process.Kill();
            return process.HasExited && process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
