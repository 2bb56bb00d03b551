using Platform.Contracts;
using Platform.Installer.Installs;

namespace Platform.Installer.Tests;

/// <summary>Each step on a disk that is full: it says so, and nothing half is left. Needs a disk of its own, a small tmpfs.</summary>
public sealed class DiskFullTests
{
    private const int Disk = 1 << 20;

    [Theory]
    [InlineData(Disk + Disk / 2, "fetching")]
    [InlineData(Disk * 6 / 10, "packing")]
    public async Task Copying_and_packing(int bytes, string stage) => await OnSmallDiskAsync(async place =>
    {
        var error = await FailAsync(place, Workplace.Local(place.Source("source", ("run", new string('x', bytes)))), stage);
        Assert.Equal("disk_full", error.Code);
        Assert.Contains("Data:Directory", error.Remedy, StringComparison.Ordinal);
    });

    [Fact]
    public async Task Fetching_by_git() => await OnSmallDiskAsync(async place =>
    {
        var repository = place.Source("repository", ("run", ""));
        // Nothing that compresses.
        Workplace.Shell("head -c 2000000 /dev/urandom > large; git init -q -b main; git add -A; git commit -qm first", repository);
        Assert.Equal("disk_full", (await FailAsync(place, Workplace.Vcs($"file://{repository}"), "fetching")).Code);
    });

    [Fact]
    public async Task A_command_is_not_started_on_a_disk_that_is_nearly_full() => await OnSmallDiskAsync(async place =>
    {
        place.Options.MinFreeBytes = Disk / 2;
        var error = await FailAsync(place, Workplace.Local(place.Source("source", ("run", new string('x', Disk * 6 / 10))), "touch started"), "building");
        Assert.Equal("disk_full", error.Code);
        Assert.Null(error.Command);
    });

    [Theory]
    [InlineData("head -c 900000 /dev/zero > large; sleep 86306")]
    [InlineData("head -c 2000000 /dev/zero > large")]
    public async Task A_command_that_takes_the_last_space_is_stopped_or_to_blame(string command) => await OnSmallDiskAsync(async place =>
    {
        place.Options.MinFreeBytes = Disk / 2;
        var error = await FailAsync(place, Workplace.Local(place.Source("source", ("run", "")), command), "building");
        Assert.Equal("install_command_out_of_disk", error.Code);
        Assert.Contains("Data:Directory", error.Message, StringComparison.Ordinal);
        Assert.False(BuildTests.Runs("86306"));
    });

    private static async Task<InstallError> FailAsync(Workplace place, Manifest manifest, string stage)
    {
        var error = await place.FailAsync(manifest);
        Assert.Equal((InstallState.Failed, stage), place.Statuses.All().Select(status => (status.State, status.Stage!)).Single());
        Assert.Empty(Directory.EnumerateFiles(place.Data.Root, "*.new", SearchOption.AllDirectories));
        return error;
    }

    private static async Task OnSmallDiskAsync(Func<Workplace, Task> test)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Mounting a small disk needs root.");
        var disk = Directory.CreateTempSubdirectory("installer-tests-disk-").FullName;
        Workplace.Shell($"mount -t tmpfs -o size={Disk} tmpfs {disk}");
        try
        {
            using var place = new Workplace(options => options.CommandTimeLimit = Workplace.Patience, data: disk);
            await test(place);
        }
        finally
        {
            Workplace.Shell($"umount {disk}; rmdir {disk}");
        }
    }
}
