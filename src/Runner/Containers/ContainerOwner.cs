using System.Globalization;
using Platform.Runner.Processes;

namespace Platform.Runner.Containers;

/// <summary>
/// The Runner (or Installer, for a package's command) that a container belongs to, and with it the container's lease: it lasts as long as that process. A process is known by its id and the time
/// of its start, within one boot of one machine and one namespace of processes; so a Runner that was killed is known to be dead by all that could see it
/// alive, and nobody else judges it.
/// </summary>
internal sealed record ContainerOwner(string Machine, string Boot, string Processes, string Pid, string Started)
{
    /// <summary>Of every container of the platform; its value is <see cref="ToString"/>.</summary>
    public const string Label = "platform.runner";

    public static ContainerOwner This { get; } = new(
        MachineName(), Read("/proc/sys/kernel/random/boot_id"), new FileInfo("/proc/self/ns/pid").LinkTarget ?? "",
        Environment.ProcessId.ToString(CultureInfo.InvariantCulture), ProcessTable.StartTime(Environment.ProcessId) ?? "");

    public override string ToString() => $"{Machine}/{Boot}/{Processes}/{Pid}/{Started}";

    /// <summary>True when the owner that a label names is certainly no more.</summary>
    public static bool IsDead(string label) =>
        label.Split('/') is [var machine, var boot, var processes, var pid, var started]
        && machine == This.Machine
        && (boot != This.Boot
            || (processes == This.Processes && int.TryParse(pid, CultureInfo.InvariantCulture, out var id) && ProcessTable.StartTime(id) != started));

    private static string MachineName() => Read("/etc/machine-id") is { Length: > 0 } id ? id : Environment.MachineName;

    private static string Read(string file)
    {
        try
        {
            return File.ReadAllText(file).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
