using System.Security.Cryptography;
using System.Text;

namespace Platform.Cli.Local;

/// <summary>Where the checkout is, and where a platform started from it keeps its data.</summary>
internal static class DataDirectory
{
    /// <summary>The checkout; the script says it, and a build started by hand is found from its own place.</summary>
    /// <exception cref="CliException"><c>no_checkout</c>: there is none.</exception>
    public static string Root => FindRoot() ?? throw new CliException(
        ExitCode.Usage, "no_checkout", "This command works from the platform's checkout, and there is none around this program.", "Call it through ./platform of a checkout, or set PLATFORM_ROOT.");

    /// <summary>
    /// <c>data</c> in the checkout. PostgreSQL refuses to run as root and then runs as its own user, who can't get into a checkout
    /// below a private folder such as /root: then a folder of this checkout's own under /var/lib.
    /// </summary>
    public static string Default()
    {
        var root = Root;
        var beside = Path.Combine(root, "data");
        if (!Environment.IsPrivilegedProcess || EveryoneMayPass(root)) return beside;
        var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(root)))[..8];
        return Path.Combine("/var/lib/connector-platform", name);
    }

    private static bool EveryoneMayPass(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
            if ((at.UnixFileMode & UnixFileMode.OtherExecute) == 0) return false;
        return true;
    }

    /// <returns>Null: this program has been published by itself.</returns>
    public static string? FindRoot()
    {
        if (Environment.GetEnvironmentVariable("PLATFORM_ROOT") is { Length: > 0 } told) return Path.TrimEndingDirectorySeparator(Path.GetFullPath(told));
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
            if (File.Exists(Path.Combine(at.FullName, "global.json")) && Directory.Exists(Path.Combine(at.FullName, "AppHost"))) return at.FullName;
        return null;
    }
}
