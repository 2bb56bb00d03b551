using System.Text;
using Platform.Contracts;
using Platform.Installer.Installs;

namespace Platform.Installer.Tests;

public sealed class BuildTests
{
    internal const string Bubblewrap = "bubblewrap", Direct = "direct";

    public static TheoryData<string> Isolations => [Bubblewrap, Direct];

    [Theory, MemberData(nameof(Isolations))]
    public async Task What_the_command_makes_is_in_the_bundle_and_its_output_in_the_log(string isolation)
    {
        using var place = await IsolatedAsync(isolation);
        var (status, tree) = await place.SucceedAsync(Workplace.Local(place.Source("source", ("in", "made")), "cp in out && chmod +x out && echo said && echo complained >&2"));

        Assert.Equal("made", await File.ReadAllTextAsync($"{tree}/out", TestContext.Current.CancellationToken));
        var lines = place.Logs.Read(status.InstallId);
        Assert.Contains(lines, line => line is { Stream: "stdout", Text: "said" });
        Assert.Contains(lines, line => line is { Stream: "stderr", Text: "complained" });
        Assert.Contains(lines, line => line.Stream == "system" && line.Text.Contains($"isolation: {isolation}", StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(Isolations))]
    public async Task A_command_that_fails_is_named_with_exit_code_and_the_end_of_its_output(string isolation)
    {
        using var place = await IsolatedAsync(isolation);
        const string command = "seq 1 10000; echo the last word >&2; exit 7";
        var error = await FailAsync(place, command);

        Assert.Equal(("install_command_failed", 7, command), (error.Code, error.ExitCode, error.Command));
        Assert.Contains("the last word", error.OutputTail, StringComparison.Ordinal);
        Assert.Contains("\n10000", error.OutputTail, StringComparison.Ordinal);
        Assert.True(Encoding.UTF8.GetByteCount(error.OutputTail!) <= 8 * 1024);
    }

    [Theory, MemberData(nameof(Isolations))]
    public async Task A_command_that_hangs_is_stopped_with_all_its_processes(string isolation)
    {
        using var place = await IsolatedAsync(isolation, options => options.CommandTimeLimit = TimeSpan.FromSeconds(1));
        var error = await FailAsync(place, "echo before; sleep 86399 & sleep 86399");

        Assert.Equal(("install_command_timed_out", null), (error.Code, error.ExitCode));
        Assert.Equal("before", error.OutputTail);
        Assert.False(Runs("sleep\086399"));
    }

    [Theory, MemberData(nameof(Isolations))]
    public async Task A_command_that_takes_too_much_memory_is_stopped(string isolation)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/python3"), "python3 is not installed.");
        using var place = await IsolatedAsync(isolation, options => options.CommandMemoryBytes = 100_000_000);
        var error = await FailAsync(place, "/usr/bin/python3 -c 'import time; x = bytearray(b\"x\") * 200_000_000; time.sleep(86396)'");

        Assert.Equal("install_command_out_of_memory", error.Code);
        Assert.False(Runs("86396"));
    }

    [Theory, MemberData(nameof(Isolations))]
    public async Task A_daemon_that_a_command_leaves_is_gone_when_the_install_goes_on(string isolation)
    {
        using var place = await IsolatedAsync(isolation);
        await place.SucceedAsync(Workplace.Local(place.Source("source", ("run", "")), "setsid sleep 86398 >/dev/null 2>&1 & setsid sh -c 'sleep 86398 & sleep 86398' & sleep 0.2"));
        Assert.False(Runs("sleep\086398"));
    }

    [Theory, MemberData(nameof(Isolations))]
    public async Task Nothing_of_the_services_environment_reaches_the_command(string isolation)
    {
        using var place = await IsolatedAsync(isolation);
        Environment.SetEnvironmentVariable("Installer__Tests__Secret", "hunter22");
        try
        {
            var (_, tree) = await place.SucceedAsync(Workplace.Local(place.Source("source", ("run", "")), "env > seen; touch $HOME/x $TMPDIR/y"));
            var seen = await File.ReadAllTextAsync($"{tree}/seen", TestContext.Current.CancellationToken);
            Assert.DoesNotContain("hunter22", seen, StringComparison.Ordinal);
            Assert.DoesNotContain("DOTNET_ROOT", seen, StringComparison.Ordinal);
            Assert.Contains("LANG=C.UTF-8", seen, StringComparison.Ordinal);
        }
        finally
        {
            Environment.SetEnvironmentVariable("Installer__Tests__Secret", null);
        }
    }

    [Fact]
    public async Task In_bubblewrap_a_command_sees_neither_the_platforms_data_nor_other_processes_and_can_write_its_folder_and_tmp_only()
    {
        using var place = await IsolatedAsync(Bubblewrap);
        var (_, tree) = await place.SucceedAsync(Workplace.Local(place.Source("source", ("run", "")), $$"""
            set -e
            pwd > where
            test ! -e {{place.Folder}}
            test ! -e /home && test ! -e /root && test ! -e /var
            touch /tmp/mine
            for place in /usr /etc /; do ! touch $place/x 2>/dev/null; done
            test ! -r /etc/shadow
            ls /proc | grep -c '^[0-9]' > processes
            ls /usr/share > /dev/null
            """));

        Assert.Equal("/connector", (await File.ReadAllTextAsync($"{tree}/where", TestContext.Current.CancellationToken)).Trim());
        Assert.InRange(int.Parse(await File.ReadAllTextAsync($"{tree}/processes", TestContext.Current.CancellationToken)), 1, 6);
    }

    [Fact]
    public async Task A_python_environment_made_by_the_command_is_installable()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/python3"), "python3 is not installed.");
        using var place = await IsolatedAsync(Bubblewrap);
        var (_, tree) = await place.SucceedAsync(Workplace.Local(place.Source("source", ("run.py", "")), "/usr/bin/python3 -m venv --without-pip venv"));
        Assert.StartsWith("/usr/", Workplace.Shell($"readlink -f {tree}/venv/bin/python3"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Output_without_end_keeps_its_first_and_its_last_part()
    {
        using var place = await IsolatedAsync(Direct);
        var (status, _) = await place.SucceedAsync(Workplace.Local(place.Source("source", ("run", "")), "seq 1 200000; head -c 3000000 /dev/zero | tr '\\0' x; echo; echo last"));

        var lines = place.Logs.Read(status.InstallId);
        Assert.Contains(lines, line => line.Text == "1");
        Assert.Contains(lines, line => line.Text == "last");
        Assert.InRange(lines.Sum(line => line.Text.Length), InstallLog.KeptBytes / 4, InstallLog.KeptBytes);
        Assert.All(lines, line => Assert.True(line.Text.Length <= 8 * 1024));
    }

    [Fact]
    public async Task Whoever_follows_a_log_gets_what_was_and_what_comes()
    {
        using var place = new Workplace();
        var id = Guid.CreateVersion7();
        var log = place.Logs.Open(id);
        log.Note("one");
        var (lines, ended, changed) = log.After(0);
        Assert.Equal((1, false), (lines.Count, ended));

        log.Note("two");
        await changed.WaitAsync(Workplace.Patience, TestContext.Current.CancellationToken);
        Assert.Equal("two", Assert.Single(log.After(1).Lines).Text);

        place.Logs.Close(id);
        Assert.True(log.After(2).Ended);
        Assert.Equal(["one", "two"], place.Logs.Read(id).Select(line => line.Text));
    }

    private static Task<InstallError> FailAsync(Workplace place, string command) =>
        place.FailAsync(Workplace.Local(place.Source("source", ("run", "")), command));

    internal static async Task<Workplace> IsolatedAsync(string isolation, Action<InstallOptions>? configure = null)
    {
        var place = new Workplace(options =>
        {
            options.Isolation = isolation == Direct ? Direct : "auto";
            configure?.Invoke(options);
        });
        var found = (await place.Sandbox.IsolationAsync()).Name;
        if (found == isolation) return place;
        place.Dispose();
        Assert.SkipUnless(Environment.GetEnvironmentVariable("CI") == "true" && File.Exists("/usr/bin/bwrap"), "bubblewrap is absent or does not work here.");
        throw new InvalidOperationException($"wanted {isolation}, found {found}");
    }

    internal static bool Runs(string commandLine) =>
        Directory.EnumerateDirectories("/proc").Where(folder => int.TryParse(Path.GetFileName(folder), out _)).Any(folder =>
        {
            try { return File.ReadAllText($"{folder}/cmdline").Contains(commandLine, StringComparison.Ordinal); }
            catch (IOException) { return false; }
        });
}
