using System.Security.Cryptography;
using System.Text;

namespace Platform.Cli.Local;

/// <summary>Where the checkout is, and where a platform started from it keeps its data.</summary>
internal static class DataDirectory
{
    /// <summary>The checkout; the script says it, and a build started by hand is found from its own place.</summary>
    public static string Root { get; } = Environment.GetEnvironmentVariable("PLATFORM_ROOT") is { Length: > 0 } told
        ? Path.TrimEndingDirectorySeparator(Path.GetFullPath(told))
        : FindRoot(AppContext.BaseDirectory);

    /// <summary>
    /// <c>data</c> in the checkout. PostgreSQL refuses to run as root and then runs as its own user, who can't get into a checkout
    /// below a private folder such as /root: then a folder of this checkout's own under /var/lib.
    /// </summary>
    public static string Default()
    {
        var beside = Path.Combine(Root, "data");
        if (!Environment.IsPrivilegedProcess || EveryoneMayPass(Root)) return beside;
        var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Root)))[..8];
        return Path.Combine("/var/lib/connector-platform", name);
    }

    private static bool EveryoneMayPass(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
            if ((at.UnixFileMode & UnixFileMode.OtherExecute) == 0) return false;
        return true;
    }

    private static string FindRoot(string from)
    {
        for (var at = new DirectoryInfo(from); at is not null; at = at.Parent)
            if (File.Exists(Path.Combine(at.FullName, "global.json")) && Directory.Exists(Path.Combine(at.FullName, "AppHost"))) return at.FullName;
        throw new CliException(ExitCode.Usage, "no_checkout", "This command starts the platform from its checkout, and there is none around the program.", "Call it through ./platform, or set PLATFORM_ROOT.");
    }
}
