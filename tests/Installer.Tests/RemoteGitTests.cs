using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Platform.Installer.Installs;
using Platform.Servers;

namespace Platform.Installer.Tests;

/// <summary>Git over the network, by real servers on loopback.</summary>
public sealed class RemoteGitTests
{
    private const string Sshd = "/usr/sbin/sshd";

    [Fact]
    public async Task Https_fetches_branches_tags_and_commits_where_the_certificate_is_trusted()
    {
        using var certificate = FileServer.Certificate();
        using var repositories = new Workplace();
        var (first, second) = Repository(repositories.Roots);
        await using var server = await GitServer.StartHttpsAsync(repositories.Roots, certificate);
        var url = server.Address.Replace("127.0.0.1", "localhost", StringComparison.Ordinal);
        using var place = new Workplace(allow: url["https://".Length..], git: new GitOptions { CaFile = Trusted(repositories, certificate) });

        foreach (var (reference, commit) in ((string?, string)[])[(null, second), ("main", second), ("v1", first), (first, first), (first[..12], first)])
        {
            var (status, tree) = await place.SucceedAsync(Workplace.Vcs($"{url}/repository.git", reference));
            Assert.Equal(commit, status.SourceRevision);
            Assert.Equal("run", Workplace.Shell("ls -A", tree));
        }
        Assert.Equal(first, (await place.FetchAsync(Workplace.Vcs($"{url}/repository.git"), new(first, null, null, false))).Revision);
    }

    [Fact]
    public async Task Https_is_refused_where_the_certificate_is_not_trusted()
    {
        using var certificate = FileServer.Certificate();
        using var place = new Workplace(allow: "127.0.0.1");
        Repository(place.Roots);
        await using var server = await GitServer.StartHttpsAsync(place.Roots, certificate);

        var error = await place.FailAsync(Workplace.Vcs($"{server.Address}/repository.git"));

        Assert.Equal("git_failed", error.Code);
        Assert.Contains("certificate", error.OutputTail, StringComparison.OrdinalIgnoreCase);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task Https_does_not_follow_redirects_and_shows_no_token()
    {
        using var certificate = FileServer.Certificate();
        using var folder = new Workplace();
        await using var server = await FileServer.StartAsync(context => { context.Response.Redirect("http://169.254.169.254/x.git/info/refs"); return Task.CompletedTask; }, certificate);
        using var place = new Workplace(allow: "127.0.0.1", git: new GitOptions { CaFile = Trusted(folder, certificate) });

        var error = await place.FailAsync(Workplace.Vcs(server.Address.Replace("https://", "https://token:hunter22@", StringComparison.Ordinal) + "/x.git"));

        Assert.Equal("git_failed", error.Code);
        Assert.Contains("302", error.OutputTail, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter22", $"{error}", StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Ssh_fetches_with_the_operators_key_from_a_host_that_is_known()
    {
        if (!File.Exists(Sshd) || !File.Exists("/usr/bin/ssh"))
        {
            Assert.SkipWhen(Environment.GetEnvironmentVariable("CI") != "true", "sshd is not installed.");
            Assert.Fail("sshd is not installed.");
        }
        using var repositories = new Workplace();
        var (first, second) = Repository(repositories.Roots);
        var keys = repositories.Folder;
        Workplace.Shell($"for key in host other mine; do ssh-keygen -q -t ed25519 -N '' -f {keys}/$key; done; cp {keys}/mine.pub {keys}/authorized");
        var port = FreePorts.Take();
        using var sshd = StartSshd(keys, port);
        try
        {
            await Workplace.UntilAsync("sshd", () => Listens(port));
            File.WriteAllText($"{keys}/known", $"[localhost]:{port} {Workplace.Shell($"cut -d' ' -f1,2 {keys}/host.pub")}\n");
            File.WriteAllText($"{keys}/wrong", $"[localhost]:{port} {Workplace.Shell($"cut -d' ' -f1,2 {keys}/other.pub")}\n");
            File.WriteAllText($"{keys}/none", "");
            var manifest = Workplace.Vcs($"ssh://{Environment.UserName}@localhost:{port}{repositories.Roots}/repository.git", "v1");

            using (var place = new Workplace(allow: $"localhost:{port}", git: new GitOptions { KnownHostsFile = $"{keys}/known", IdentityFile = $"{keys}/mine" }))
            {
                Assert.Equal(first, (await place.SucceedAsync(manifest)).Status.SourceRevision);
                Assert.Equal(second, (await place.SucceedAsync(manifest with { Ref = null })).Status.SourceRevision);
            }
            foreach (var (known, identity, words) in ((string, string, string)[])[("wrong", "mine", "IDENTIFICATION HAS CHANGED"), ("none", "mine", "Host key verification failed"), ("known", "other", "Permission denied")])
            {
                using var place = new Workplace(allow: $"localhost:{port}", git: new GitOptions { KnownHostsFile = $"{keys}/{known}", IdentityFile = $"{keys}/{identity}" });
                var error = await place.FailAsync(manifest);
                Assert.Equal("git_failed", error.Code);
                Assert.Contains(words, error.OutputTail, StringComparison.Ordinal);
            }
        }
        finally
        {
            sshd.Kill(entireProcessTree: true);
            await sshd.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
    }

    private static (string First, string Second) Repository(string folder)
    {
        Workplace.Shell("""
            git init -q -b main repository.git; cd repository.git; echo first > run; git add -A; git commit -qm first; git tag v1; echo second > run; git commit -qam second
            """, folder);
        var repository = Path.Combine(folder, "repository.git");
        return (Workplace.Shell("git rev-parse v1", repository), Workplace.Shell("git rev-parse main", repository));
    }

    private static string Trusted(Workplace place, X509Certificate2 certificate)
    {
        var file = Path.Combine(place.Folder, "trusted.pem");
        File.WriteAllText(file, certificate.ExportCertificatePem());
        return file;
    }

    private static Process StartSshd(string keys, int port)
    {
        // Debian's sshd wants this folder when root starts it.
        if (Environment.IsPrivilegedProcess) Directory.CreateDirectory("/run/sshd");
        File.WriteAllText($"{keys}/sshd_config", $"""
            Port {port}
            ListenAddress 127.0.0.1
            HostKey {keys}/host
            AuthorizedKeysFile {keys}/authorized
            PidFile none
            UsePAM no
            StrictModes no
            PasswordAuthentication no
            KbdInteractiveAuthentication no
            PermitRootLogin prohibit-password
            """);
        return Process.Start(new ProcessStartInfo(Sshd, ["-D", "-f", $"{keys}/sshd_config"]) { RedirectStandardError = true })!;
    }

    private static bool Listens(int port)
    {
        try
        {
            using var caller = new TcpClient();
            caller.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
