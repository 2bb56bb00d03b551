using System.ComponentModel.DataAnnotations;

namespace Platform.Installer;

/// <summary>Section <c>Data</c>: where this service keeps its files.</summary>
internal sealed class DataOptions
{
    public const string Section = "Data";

    /// <summary>Absolute path; made when absent. Holds the bundle store, the installs and their work.</summary>
    [Required(ErrorMessage = "Data:Directory is missing: set it to an absolute folder for the Installer's files.")]
    [RegularExpression("^/.*", ErrorMessage = "Data:Directory must be an absolute path.")]
    public string Directory { get; set; } = "";
}

/// <summary>Section <c>Local</c>: what sources on this machine may be installed.</summary>
internal sealed class LocalOptions
{
    public const string Section = "Local";

    /// <summary>Absolute folders that Local sources and file:// git URLs must lie below; empty: none may.</summary>
    public string[] Roots { get; set; } = [];

    /// <summary>
    /// Absolute folders that no source may lie in, be, or hold, even below a root: the data of the platform's other services.
    /// This service's own <c>Data:Directory</c> is always one.
    /// </summary>
    public string[] Never { get; set; } = [];
}

/// <summary>Section <c>Install</c>: limits of one install.</summary>
internal sealed class InstallOptions
{
    public const string Section = "Install";

    /// <summary>How long the install command may run.</summary>
    public TimeSpan CommandTimeLimit { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Bytes of memory of all processes of the install command together; without a cgroup resident bytes, looked at every half second.</summary>
    [Range(1, long.MaxValue)]
    public long CommandMemoryBytes { get; set; } = 4L << 30;

    /// <summary>Processes and threads of the install command together; without a cgroup processes, looked at every half second.</summary>
    [Range(8, 1_000_000)]
    public int CommandProcesses { get; set; } = 4096;

    /// <summary>Bytes that the source's folder and the command's /tmp may take on the disk together while it runs; every entry counts 4 KiB besides its content.</summary>
    [Range(1, long.MaxValue)]
    public long CommandDiskBytes { get; set; } = 8L << 30;

    /// <summary>Bytes that stay free on the disk of <c>Data:Directory</c>: no command starts, or runs on, with less.</summary>
    [Range(0, long.MaxValue)]
    public long MinFreeBytes { get; set; } = 512L << 20;

    /// <summary>Whether memory and processes of the install command are bound by a cgroup where one can be made.</summary>
    public bool UseControlGroups { get; set; } = true;

    /// <summary>How long the build of a service's image may take, with the pulling of what it needs; and the pulling of an image.</summary>
    public TimeSpan ImageTimeLimit { get; set; } = TimeSpan.FromMinutes(20);

    /// <summary>How long each git command may run.</summary>
    public TimeSpan GitTimeLimit { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Bytes of all files of a source, and of a bundle.</summary>
    [Range(1, long.MaxValue)]
    public long MaxBytes { get; set; } = 2L << 30;

    /// <summary>Files, folders and links of a source, and of a bundle.</summary>
    [Range(1, int.MaxValue)]
    public int MaxFiles { get; set; } = 200_000;

    /// <summary>UTF-8 bytes of a path below the source's root.</summary>
    [Range(1, 4096)]
    public int MaxPathBytes { get; set; } = 4096;

    /// <summary>Installs that run at once; always one at a time for one connector.</summary>
    [Range(1, 64)]
    public int Concurrency { get; set; } = 2;

    /// <summary>Answered installs whose status and log are kept; older ones are removed.</summary>
    [Range(1, 100_000)]
    public int KeepInstalls { get; set; } = 200;

    /// <summary>How often an install is begun again after the Installer died in it.</summary>
    [Range(1, 100)]
    public int MaxAttempts { get; set; } = 3;

    /// <summary>
    /// How the install command is isolated: <c>auto</c> takes bubblewrap where it works, <c>bubblewrap</c> refuses to
    /// start without it, <c>direct</c> never uses it.
    /// </summary>
    [AllowedValues("auto", "bubblewrap", "direct", ErrorMessage = "Install:Isolation must be auto, bubblewrap or direct.")]
    public string Isolation { get; set; } = "auto";

    /// <summary>How long a download may take, all attempts together.</summary>
    public TimeSpan DownloadTimeLimit { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>How long a server may send nothing before the connection is given up.</summary>
    public TimeSpan DownloadIdleLimit { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Connections that a download may take; each goes on where the last one ended, if the server can.</summary>
    [Range(1, 100)]
    public int DownloadAttempts { get; set; } = 5;

    /// <summary>The pause before the second attempt; each further one is twice as long, at most 10 s.</summary>
    public TimeSpan DownloadBackoff { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Redirects that a download follows.</summary>
    [Range(0, 50)]
    public int MaxRedirects { get; set; } = 5;

    /// <summary>How often larger than the archive its files together may be, once they have more than 64 MiB.</summary>
    [Range(1, 1_000_000)]
    public int MaxUnpackRatio { get; set; } = 200;

    /// <summary>How long the unpacking of an archive may take.</summary>
    public TimeSpan UnpackTimeLimit { get; set; } = TimeSpan.FromMinutes(10);
}

/// <summary>Section <c>Git</c>: what git is given of this machine to reach repositories; absolute paths, of letters, digits and <c>._-/</c>.</summary>
internal sealed class GitOptions
{
    public const string Section = "Git";

    private const string SafePath = "^/[A-Za-z0-9._/-]+$";

    /// <summary>Certificates, as PEM, that https is trusted by, instead of the machine's own; null: the machine's.</summary>
    [RegularExpression(SafePath, ErrorMessage = "Git:CaFile must be an absolute path of letters, digits and ._-/ only.")]
    public string? CaFile { get; set; }

    /// <summary>The keys of hosts that ssh is trusted by, as known_hosts; null: the user's <c>~/.ssh/known_hosts</c>.</summary>
    [RegularExpression(SafePath, ErrorMessage = "Git:KnownHostsFile must be an absolute path of letters, digits and ._-/ only.")]
    public string? KnownHostsFile { get; set; }

    /// <summary>The private key that ssh signs in with, without passphrase; null: those in the user's <c>~/.ssh</c>.</summary>
    [RegularExpression(SafePath, ErrorMessage = "Git:IdentityFile must be an absolute path of letters, digits and ._-/ only.")]
    public string? IdentityFile { get; set; }
}
