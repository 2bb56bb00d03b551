using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace Platform.Interop.Tests.Matrix;

/// <summary>The program of a peer, built below artifacts/interop when its sources have changed.</summary>
internal sealed class PeerProgram
{
    // The shell's own code for a program that it does not find.
    private const int NotFound = 127;

    private static readonly TimeSpan BuildTimeout = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan VersionTimeout = TimeSpan.FromSeconds(20);

    private PeerProgram(Peer peer, string directory, string version)
    {
        Peer = peer;
        Directory = directory;
        Version = version;
    }

    public Peer Peer { get; }

    public string Directory { get; }

    public string Version { get; }

    /// <exception cref="MissingToolException">The machine lacks what the peer is built with.</exception>
    public static async Task<PeerProgram> BuildAsync(Peer peer)
    {
        foreach (var (file, package) in peer.Needs)
        {
            if (!File.Exists(file) && !System.IO.Directory.Exists(file))
                throw new MissingToolException($"The Debian package {package} is not installed.");
        }

        var directory = RepositoryDirectory.PathOf("artifacts", "interop", peer.Name);
        var sources = System.IO.Directory.GetFiles(RepositoryDirectory.PathOf("tests", "Interop.Tests", "peers", peer.Name))
            .Append(RepositoryDirectory.PathOf("tests", "Interop.Tests", "protos", "test.proto")).Order().ToArray();
        var stamp = Path.Combine(directory, ".built");
        var digest = Digest(peer, sources);
        if (!File.Exists(stamp) || File.ReadAllText(stamp) != digest)
        {
            System.IO.Directory.CreateDirectory(directory);
            foreach (var source in sources)
                File.Copy(source, Path.Combine(directory, Path.GetFileName(source)), overwrite: true);

            await ShellAsync(peer.Build, directory, BuildTimeout);
            File.WriteAllText(stamp, digest);
        }

        return new PeerProgram(peer, directory, (await ShellAsync(peer.Version, directory, VersionTimeout)).Trim());
    }

    public ProcessStartInfo Start(params IEnumerable<string> arguments)
    {
        var program = Peer.Command[0].StartsWith("./", StringComparison.Ordinal) ? Path.Combine(Directory, Peer.Command[0]) : Peer.Command[0];
        return new ProcessStartInfo(program, Peer.Command.Skip(1).Concat(arguments))
        {
            WorkingDirectory = Directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
    }

    private static async Task<string> ShellAsync(string command, string directory, TimeSpan timeout)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", command]) { WorkingDirectory = directory, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        if (!await EndsAsync(process, timeout))
            throw new TimeoutException($"Not done after {timeout}: {command}");

        if (process.ExitCode == NotFound)
            throw new MissingToolException((await errors).Trim());

        return process.ExitCode == 0 ? await output : throw new InvalidOperationException($"{command}: {await errors}");
    }

    private static async Task<bool> EndsAsync(Process process, TimeSpan timeout)
    {
        using var patience = new CancellationTokenSource(timeout);
        try
        {
            await process.WaitForExitAsync(patience.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            return false;
        }
    }

    private static string Digest(Peer peer, IEnumerable<string> sources)
    {
        var text = new StringBuilder(peer.Build);
        foreach (var source in sources)
            text.Append(Path.GetFileName(source)).Append(File.ReadAllText(source));

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }
}

/// <summary>What a test needs is not on this machine.</summary>
internal sealed class MissingToolException(string message) : Exception(message);
