using System.Net.NetworkInformation;
using Platform.Cli.Local;

namespace Platform.Cli.Doctor;

/// <summary>What is kept on this machine: the data folder, the space for it, the files with tokens, and the gateway's port.</summary>
internal static class DataProbes
{
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
    private const double LowGigabytes = 5;
    private const double NoGigabytes = 0.5;

    /// <param name="data">Null: there is none here.</param>
    /// <param name="gone">The platform on it whose gateway does not answer; null: there is no such.</param>
    /// <param name="reached">Whether the gateway that commands go to has answered.</param>
    public static IEnumerable<Probe> Run(string? data, PlatformState? gone, bool reached) => data is null
        ? [Tokens()]
        : [Folder(data), Disk(data), Tokens(), Port(data, gone, reached)];

    private static Probe Folder(string data)
    {
        const string Name = "data";
        if (!Directory.Exists(data)) return Probe.Ok(Name, $"{data} is made by the first start.");
        try
        {
            var tried = Path.Combine(data, $".doctor-{Environment.ProcessId}");
            File.Create(tried, 1, FileOptions.DeleteOnClose).Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new(Name, "failed", "data_not_writable", e.Message, $"Start the platform as the user who owns {data}, or with another folder: --data");
        }

        return File.GetUnixFileMode(data).HasFlag(UnixFileMode.OtherWrite)
            ? new(Name, "failed", "data_open", $"Everybody may write in {data}.", $"chmod o-w {data}")
            : Probe.Ok(Name, data);
    }

    private static Probe Disk(string data)
    {
        var at = new DirectoryInfo(data);
        while (!at.Exists) at = at.Parent!;
        var free = new DriveInfo(at.FullName).AvailableFreeSpace / 1e9;
        var message = FormattableString.Invariant($"{free:0.0} GB free for {data}");
        return free < NoGigabytes ? new("disk", "failed", "disk_full", message, "Make room: PostgreSQL and RabbitMQ stop when there is none.")
            : free < LowGigabytes ? new("disk", "warning", "disk_low", message, "Make room before large syncs.")
            : Probe.Ok("disk", message);
    }

    /// <summary>Tokens lie in these files.</summary>
    private static Probe Tokens()
    {
        string[] kept = [.. ((string[])[Settings.LoginPath, Settings.Path]).Where(File.Exists)];
        var open = kept.Where(file => (File.GetUnixFileMode(file) & Others) != 0).ToList();
        return open.Count > 0 ? new("configuration", "failed", "token_readable", $"Others can read or change {string.Join(" and ", open)}.", $"chmod 600 {string.Join(' ', open)}")
            : Probe.Ok("configuration", kept.Length == 0 ? $"None yet: {Settings.Path}" : string.Join(", ", kept));
    }

    private static Probe Port(string data, PlatformState? gone, bool reached)
    {
        var port = new Uri(Settings.DefaultUrl).Port;
        if (gone is not null)
            return new("port", "failed", "gateway_gone", $"A platform runs on this data (process {gone.Owner.Pid}), and its gateway {gone.Url} does not answer.", GoneGateway.Remedy(gone.Url, data));
        if (PlatformState.Load(data) is { Owner.IsAlive: true } running) return Probe.Ok("port", $"A platform runs on this data: {running.Url}");
        var taken = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Any(end => end.Port == port);
        return !taken ? Probe.Ok("port", $"{port} is free.")
            : reached && Settings.IsSame(Settings.Load().Url, Settings.DefaultUrl) ? Probe.Ok("port", $"{port} belongs to a platform from another folder or user.")
            : new("port", "warning", "port_taken", $"Port {port} on this machine belongs to another program.", "./platform up --port 5090");
    }
}
