using System.Security.Cryptography;
using Platform.Contracts;
using Platform.Installer.Installs;

namespace Platform.Installer.Tests;

/// <summary>SIGKILL at each named place of an install, and another start: the install ends, once, and nothing is half there.</summary>
[Collection(nameof(ServiceGroup))]
public sealed class KillTests(ServiceFixture service) : IAsyncLifetime
{
    private string _data = "";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await service.StopAsync();
        _data = Path.Combine(service.Place.Folder, $"kill-{Guid.CreateVersion7()}");
    }

    public ValueTask DisposeAsync()
    {
        service.Start();
        return ValueTask.CompletedTask;
    }

    [Theory, Trait("Category", "Matrix")]
    [InlineData("install-accepted")]
    [InlineData("fetched")]
    [InlineData("built")]
    [InlineData("packed")]
    [InlineData("bundle-renamed")]
    [InlineData("install-finished")]
    [InlineData("install-answered")]
    public async Task Killed_anywhere_an_install_ends_once_and_nothing_is_half_there(string point)
    {
        var (before, killed) = (Command("before", "echo before > made"), Command($"killed at {point}", "echo now > made"));
        // The first install passes the place, the second one dies there.
        await using (var installer = await StartAsync(($"FaultPoints__{point}", "kill:2")))
        {
            await service.SendAsync(before);
            await AnsweredAsync(before.InstallId);
            await service.SendAsync(killed);
            Assert.True(await installer.EndAsync() == InstallerProcess.Killed, installer.Output);
            Assert.Contains($"Fault point {point}: kill", installer.Output, StringComparison.Ordinal);
        }
        var earlier = (await service.AnswerAsync(before.InstallId)).Digest!;
        AssertStore(earlier);

        await using (await StartAsync())
        {
            var answer = await AnsweredAsync(killed.InstallId);
            Assert.True(answer.Succeeded, answer.Error?.ToString());
            AssertStore(earlier, answer.Digest!);
            Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_data, "work")));
            // A repeated answer says the same, so whoever drops repeats has one.
            Assert.All(service.Answers(killed.InstallId), repeated => Assert.Equal(answer, repeated));
        }
    }

    [Theory, InlineData("bubblewrap"), InlineData("direct")]
    public async Task Killed_while_the_command_runs_its_processes_go_as_well(string isolation)
    {
        Assert.SkipWhen(isolation == "bubblewrap" && !File.Exists("/usr/bin/bwrap"), "bubblewrap is not installed.");
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Making a cgroup needs root, and without one a process that shed its mark is not found.");
        var source = service.Place.Source($"killed {isolation}", ("run", ""));
        var command = new InstallConnector(Guid.CreateVersion7(), "demo", Workplace.Local(source, "test -e go || { env -i setsid sleep 86307 & sleep 86307; }"));
        await using (var installer = await StartAsync(("Install__Isolation", isolation)))
        {
            await service.SendAsync(command);
            await Workplace.UntilAsync("the start of the install command", () => BuildTests.Runs("sleep\086307"));
            installer.Kill();
            Assert.Equal(InstallerProcess.Killed, await installer.EndAsync());
        }
        await File.WriteAllTextAsync(Path.Combine(source, "go"), "", Ct);

        await using (await StartAsync(("Install__Isolation", isolation)))
        {
            Assert.True((await AnsweredAsync(command.InstallId)).Succeeded);
            Assert.False(BuildTests.Runs("sleep\086307"));
            Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_data, "work")));
        }
    }

    [Fact]
    public async Task A_command_that_a_full_disk_has_no_room_for_is_answered_and_the_service_goes_on()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Mounting a small disk needs root.");
        Directory.CreateDirectory(_data);
        Workplace.Shell($"mount -t tmpfs -o size=1m tmpfs '{_data}'");
        try
        {
            await using var installer = await StartAsync(("Install__MinFreeBytes", "0"));
            Workplace.Shell($"cat /dev/zero > '{_data}/fill' 2>/dev/null || true");
            var command = Command("no room", "true");
            await service.SendAsync(command);
            Assert.Equal("disk_full", (await service.AnswerAsync(command.InstallId)).Error!.Code);
            Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_data, "installs")));
            await Workplace.UntilAsync("a word of it in the service's log", () => installer.Output.Contains("is the disk of Data:Directory full?", StringComparison.Ordinal));

            File.Delete(Path.Combine(_data, "fill"));
            await service.SendAsync(command);
            Assert.True((await service.AnswerAsync(command.InstallId, nth: 2)).Succeeded);
        }
        finally
        {
            Workplace.Shell($"umount '{_data}'");
        }
    }

    private Task<InstallerProcess> StartAsync(params (string, string)[] settings) =>
        InstallerProcess.StartAsync(_data, service.Place.Roots, service.Broker, "a secret of the tests", settings);

    private InstallConnector Command(string name, string install) =>
        new(Guid.CreateVersion7(), "demo", Workplace.Local(service.Place.Source(name, ("run", name)), install));

    /// <summary>The answer, once it is known to have arrived.</summary>
    private async Task<InstallFinished> AnsweredAsync(Guid install)
    {
        var status = Path.Combine(_data, "installs", install.ToString(), "status");
        await Workplace.UntilAsync($"install {install} to be noted as answered", () =>
            File.Exists(status) && File.ReadAllText(status).Contains("\"answered\":true", StringComparison.OrdinalIgnoreCase));
        return await service.AnswerAsync(install);
    }

    /// <summary>These bundles are there, and every file in the store has the digest of its name.</summary>
    private void AssertStore(params string[] digests)
    {
        var files = Directory.EnumerateFiles(Path.Combine(_data, "store"), "*", SearchOption.AllDirectories).ToList();
        Assert.All(files, file => Assert.Equal($"{Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))}.tar", Path.GetFileName(file)));
        Assert.Superset(digests.ToHashSet(), files.Select(file => Path.GetFileNameWithoutExtension(file)!).ToHashSet());
    }
}
