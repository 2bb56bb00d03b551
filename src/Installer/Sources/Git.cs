using System.Globalization;
using System.Net;
using Microsoft.Extensions.Options;
using Platform.Installer.Build;
using Platform.Installer.Installs;

namespace Platform.Installer.Sources;

/// <summary>
/// Runs git so that a repository can't run anything: only our configuration file is read, hooks, filters, submodules, file system
/// monitors and maintenance are off, and one protocol is allowed. The configuration is a file, not <c>-c</c>, because git takes the
/// latter away from the process that serves a file:// URL.
/// </summary>
internal sealed class Git(IOptions<InstallOptions> options, IOptions<GitOptions> machine)
{
    /// <summary>A git whose folder, configuration and remote are settled.</summary>
    public sealed record Session(Guid Install, GitUrl Url, string Folder, string Configuration, string? SshCommand, InstallLog Log);

    /// <param name="addresses">The remote's checked addresses: git must connect to these and no others.</param>
    public Session Open(Guid install, GitUrl url, IReadOnlyList<IPAddress> addresses, string folder, string configuration, InstallLog log)
    {
        var pinned = string.Join(',', addresses.Select(a => a.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{a}]" : a.ToString()));
        // A literal address needs no name resolution.
        var resolve = url.Scheme == "https" && !IPAddress.TryParse(url.Host, out _) ? $"\tcurloptResolve = {url.Host}:{url.Port}:{pinned}\n" : "";
        var trusted = machine.Value.CaFile is { Length: > 0 } file ? $"\tsslCAInfo = {file}\n" : "";
        var safe = url.Scheme == "file" ? $"[safe]\n\tdirectory = {Quoted(url.Path)}\n\tdirectory = {Quoted(url.Path.TrimEnd('/') + "/.git")}\n" : "";
        File.WriteAllText(configuration, $"""
            [core]
            	hooksPath = /dev/null
            	attributesFile = /dev/null
            	excludesFile = /dev/null
            	fsmonitor = false
            	autocrlf = false
            	symlinks = true
            	askPass = /bin/false
            [protocol]
            	allow = never
            [protocol "{url.Scheme}"]
            	allow = always
            [submodule]
            	recurse = false
            [fetch]
            	recurseSubmodules = false
            [init]
            	templateDir =
            	defaultBranch = main
            [credential]
            	helper =
            [gc]
            	auto = 0
            [maintenance]
            	auto = false
            [advice]
            	detachedHead = false
            [http]
            	followRedirects = false
            	proxy =
            {trusted}{resolve}{safe}
            """);
        // HostKeyAlias keeps the host's own name in known_hosts while the connection goes to the checked address.
        var alias = url.Port == 22 ? url.Host : $"[{url.Host}]:{url.Port}";
        var ssh = url.Scheme == "ssh"
            ? $"ssh -F /dev/null -oBatchMode=yes -oStrictHostKeyChecking=yes -oUpdateHostKeys=no -oProxyCommand=none -oHostName={addresses[0]} '-oHostKeyAlias={alias}' -oPermitLocalCommand=no -oForwardAgent=no{Keys()}"
            : null;
        return new Session(install, url, folder, configuration, ssh, log);
    }

    /// <summary>Runs it and gives its output's lines; a failure ends the install.</summary>
    public async Task<IReadOnlyList<string>> RunAsync(Session session, IReadOnlyList<string> arguments, CancellationToken ct)
    {
        var (outcome, lines) = await TryAsync(session, arguments, ct);
        if (outcome.ExitCode != 0) throw Errors.GitFailed(Shown(session, arguments), outcome.ExitCode, session.Url.Hide(outcome.OutputTail));
        return lines;
    }

    public async Task<(Command.Outcome Outcome, IReadOnlyList<string> Lines)> TryAsync(Session session, IReadOnlyList<string> arguments, CancellationToken ct)
    {
        var environment = new Dictionary<string, string>
        {
            ["PATH"] = Command.Path,
            ["LC_ALL"] = "C.UTF-8",
            ["HOME"] = Path.GetDirectoryName(session.Configuration)!,
            ["GIT_CONFIG_NOSYSTEM"] = "1",
            ["GIT_CONFIG_GLOBAL"] = session.Configuration,
            ["GIT_ATTR_NOSYSTEM"] = "1",
            ["GIT_TERMINAL_PROMPT"] = "0",
            ["GIT_NO_LAZY_FETCH"] = "1",
            ["GIT_ADVICE"] = "0",
        };
        if (session.SshCommand is { } ssh) environment["GIT_SSH_COMMAND"] = ssh;
        var limits = options.Value;
        var lines = new List<string>();
        session.Log.Note($"$ {Shown(session, arguments)}");
        var command = new Command(["prlimit", "--core=0", $"--fsize={limits.MaxBytes}", "git", .. arguments], session.Folder, environment);
        var outcome = await command.RunAsync(session.Install, limits.GitTimeLimit, (stream, line) =>
        {
            if (stream == "stderr") session.Log.Add(stream, session.Url.Hide(line));
            else if (lines.Count < limits.MaxFiles) lines.Add(line);
        }, ct);
        if (outcome.TimedOut) throw Errors.GitTimedOut(Shown(session, arguments), limits.GitTimeLimit, session.Url.Hide(outcome.OutputTail));
        return (outcome, lines);
    }

    private string Keys()
    {
        var (hosts, identity) = (machine.Value.KnownHostsFile, machine.Value.IdentityFile);
        return (string.IsNullOrEmpty(hosts) ? "" : $" -oUserKnownHostsFile={hosts}") + (string.IsNullOrEmpty(identity) ? "" : $" -oIdentityFile={identity} -oIdentitiesOnly=yes");
    }

    private static string Shown(Session session, IReadOnlyList<string> arguments) => session.Url.Hide($"git {string.Join(' ', arguments)}");

    /// <summary>As a value of a git configuration file.</summary>
    private static string Quoted(string text) =>
        string.Create(CultureInfo.InvariantCulture, $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\"");
}
