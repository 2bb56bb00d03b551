using System.ComponentModel;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Platform.Cli.Doctor;

/// <summary>What a platform on this machine is made of: programs with their versions, and what the kernel allows.</summary>
internal static partial class MachineProbes
{
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(10);

    /// <param name="Program">A name on PATH, or a pattern of files of which the last one counts.</param>
    /// <param name="For">What does not work without it; null: nothing does.</param>
    private sealed record Tool(string Name, string Program, string[] Arguments, string Package, string? For = null);

    private static readonly Tool[] Tools =
    [
        new("postgresql", "/usr/lib/postgresql/*/bin/postgres", ["--version"], "postgresql"),
        new("rabbitmq", "/usr/lib/rabbitmq/bin/rabbitmq-server", [], "rabbitmq-server"),
        new("git", "git", ["--version"], "git"),
        new("bubblewrap", "bwrap", ["--version"], "bubblewrap"),
        new("setpriv", "setpriv", ["--version"], "util-linux"),
        new("ssh", "ssh", ["-V"], "openssh-client", "Sources behind ssh can't be installed."),
        new("xz", "xz", ["--version"], "xz-utils", "Archives of the kind .tar.xz can't be installed."),
        new("python", "python3", ["--version"], "python3", "Connectors in Python, samples among them, can't run."),
        new("go", "go", ["version"], "golang-go", "Connectors that build themselves with Go, such as connectors/files-go, can't be installed."),
        new("node", "node", ["--version"], "nodejs", "Connectors in JavaScript can't run."),
    ];

    public static async Task<IReadOnlyList<Probe>> RunAsync(CancellationToken cancel) =>
        [await SdkAsync(cancel), .. await Task.WhenAll(Tools.Select(tool => LookAsync(tool, cancel))), await EngineAsync(cancel), ControlGroups()];

    private static async Task<Probe> SdkAsync(CancellationToken cancel)
    {
        var sdks = await OutputAsync("dotnet", ["--list-sdks"], cancel);
        var fitting = sdks?.Split('\n').LastOrDefault(line => line.StartsWith("10.", StringComparison.Ordinal));
        return fitting is not null
            ? Probe.Ok("dotnet", $"SDK {fitting.Split(' ')[0]}")
            : new("dotnet", "failed", "sdk_missing", "The .NET 10 SDK is not on PATH.", "Get it from https://dotnet.microsoft.com/download/dotnet/10.0");
    }

    private static async Task<Probe> LookAsync(Tool tool, CancellationToken cancel)
    {
        var program = tool.Program.StartsWith('/') ? Find(tool.Program) : tool.Program;
        var output = program is null ? null : tool.Arguments.Length == 0 ? RabbitVersion() : await OutputAsync(program, tool.Arguments, cancel);
        if (output is not null) return Probe.Ok(tool.Name, Number().Match(output) is { Success: true } version ? version.Value : "installed");
        var remedy = $"sudo apt-get install --no-install-recommends {tool.Package}";
        return tool.For is null
            ? new(tool.Name, "failed", $"{tool.Name}_missing", "It is not installed, and no platform can start without it.", $"{remedy} (./platform up does that by itself where it may)")
            : new(tool.Name, "warning", $"{tool.Name}_missing", $"It is not installed. {tool.For}", remedy);
    }

    private static async Task<Probe> EngineAsync(CancellationToken cancel)
    {
        const string Name = "containers";
        string[] programs = ["/usr/sbin/dockerd", "/usr/bin/dockerd", "/usr/local/bin/dockerd"];
        var given = Environment.GetEnvironmentVariable("DOCKER_HOST") is { Length: > 0 } host ? host : null;
        if (given?.StartsWith("unix://", StringComparison.Ordinal) == false) return Probe.Ok(Name, $"DOCKER_HOST names {given}; whether it answers was not tried.");
        var socket = given?["unix://".Length..] ?? "/var/run/docker.sock";
        if (await AnswersAsync(socket, cancel)) return Probe.Ok(Name, $"The engine at {socket} answers.");
        if (given is null && Environment.IsPrivilegedProcess && programs.Any(File.Exists)) return Probe.Ok(Name, "The platform starts an engine of its own.");
        return new(Name, "warning", "engine_missing", $"No container engine answers at {socket}. Images can't be run or built; everything else works.", "Start Docker, or set DOCKER_HOST. As root the package docker.io is enough.");
    }

    /// <summary>As the Runner makes one for each run.</summary>
    private static Probe ControlGroups()
    {
        const string Name = "cgroups";
        var (parent, version) = Directory.Exists("/sys/fs/cgroup/memory") ? ("/sys/fs/cgroup/memory", 1) : ("/sys/fs/cgroup", 2);
        var tried = Path.Combine(parent, $"platform-doctor-{Environment.ProcessId}");
        try
        {
            Directory.CreateDirectory(tried);
            Directory.Delete(tried);
            return Probe.Ok(Name, $"Version {version}, writable.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new(Name, "warning", "cgroup_not_writable", $"{parent} is not writable: {e.Message} Connectors run without limits of memory and processes for all of theirs together.",
                "Run the platform as root, or below a cgroup that is delegated to its user: systemd-run --user --scope -p Delegate=yes ./platform up");
        }
    }

    private static async Task<bool> AnswersAsync(string path, CancellationToken cancel)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancel);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static string? Find(string pattern)
    {
        if (!pattern.Contains('*')) return File.Exists(pattern) ? pattern : null;
        var (before, after) = (pattern[..pattern.IndexOf('*')], pattern[(pattern.IndexOf('*') + 2)..]);
        return !Directory.Exists(before) ? null : Directory.EnumerateDirectories(before).Select(folder => Path.Combine(folder, after)).Where(File.Exists).Order(StringComparer.Ordinal).LastOrDefault();
    }

    // Its own program takes a virtual machine and a second to say it.
    private static string RabbitVersion() =>
        Directory.Exists("/usr/lib/rabbitmq/lib") ? Directory.EnumerateDirectories("/usr/lib/rabbitmq/lib", "rabbitmq_server-*").Select(Path.GetFileName).Order(StringComparer.Ordinal).LastOrDefault() ?? "" : "";

    /// <returns>Both outputs; null: there is no such program, or it does not work.</returns>
    private static async Task<string?> OutputAsync(string program, string[] arguments, CancellationToken cancel)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(AnswerWithin);
        Process? process = null;
        try
        {
            process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true })!;
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(deadline.Token), process.StandardError.ReadToEndAsync(deadline.Token));
            await process.WaitForExitAsync(deadline.Token);
            return process.ExitCode == 0 ? await output + await errors : null;
        }
        catch (Exception e) when (e is Win32Exception || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return null;
        }
        finally
        {
            if (process is { HasExited: false }) process.Kill();
            process?.Dispose();
        }
    }

    [GeneratedRegex(@"\d+\.\d+(\.\d+)*")]
    private static partial Regex Number();
}
