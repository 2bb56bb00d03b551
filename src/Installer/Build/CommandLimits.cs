using Platform.Runner.Processes;

namespace Platform.Installer.Build;

/// <summary>What a command was stopped for.</summary>
internal enum Excess { Memory, Processes, Disk, FreeSpace }

/// <summary>What the processes of a command may take together: bound by a cgroup where one can be made, and else found out by looking.</summary>
/// <param name="folders">The folders that it may write, on the disk of the first one.</param>
internal sealed class CommandLimits(InstallOptions options, IReadOnlyList<string> folders)
{
    /// <summary>Null where no cgroup can be made.</summary>
    public ControlGroup? CreateGroup(Guid install) =>
        options.UseControlGroups ? ControlGroup.TryCreate(InstallProcesses.GroupName(install), new(options.CommandMemoryBytes, options.CommandProcesses)) : null;

    /// <summary>While it runs.</summary>
    public Excess? Look(Guid install, ControlGroup? group)
    {
        if (FreeBytes() < options.MinFreeBytes) return Excess.FreeSpace;
        if (DiskUse.Exceeds(folders, options.CommandDiskBytes)) return Excess.Disk;
        if (group is not null) return null;
        var (processes, bytes) = InstallProcesses.Use(install);
        return bytes > options.CommandMemoryBytes ? Excess.Memory : processes > options.CommandProcesses ? Excess.Processes : null;
    }

    /// <summary>After it failed: on whom the kernel closed down before a look could be taken.</summary>
    public Excess? LookBack(ControlGroup? group) =>
        group?.RanOutOfMemory() == true ? Excess.Memory
        : FreeBytes() < options.MinFreeBytes ? Excess.FreeSpace
        : DiskUse.Exceeds(folders, options.CommandDiskBytes) ? Excess.Disk
        : null;

    public long FreeBytes() => new DriveInfo(folders[0]).AvailableFreeSpace;
}
