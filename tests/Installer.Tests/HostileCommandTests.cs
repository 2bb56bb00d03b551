using System.Globalization;
using Platform.Contracts;
using Platform.Installer.Build;
using Platform.Installer.Installs;

namespace Platform.Installer.Tests;

/// <summary>Install commands that mean harm, or do it. Whatever they do: the install ends, nothing of them goes on, and the machine is well.</summary>
public sealed class HostileCommandTests
{
    private const string Python = "/usr/bin/python3";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    // With and without what holds processes together best.
    public static TheoryData<string, bool> Places => new()
    {
        { BuildTests.Bubblewrap, true }, { BuildTests.Bubblewrap, false }, { BuildTests.Direct, true },
    };

    [Theory, MemberData(nameof(Places))]
    public async Task A_daemon_that_forked_twice_and_shed_its_environment_is_gone(string isolation, bool groups)
    {
        using var place = await BuildTests.IsolatedAsync(isolation, options => options.UseControlGroups = groups);
        SkipWithoutGroups(groups);
        await place.SucceedAsync(Workplace.Local(place.Source("source", ("run", "")),
            "touch started; env -i setsid sh -c 'setsid sh -c \"sleep 86303\" & ' & sleep 0.3"));
        Assert.False(BuildTests.Runs("86303"));
    }

    [Fact]
    public async Task One_that_nothing_holds_is_not_waited_for_although_it_keeps_the_pipes()
    {
        using var place = await BuildTests.IsolatedAsync(BuildTests.Direct, options => options.UseControlGroups = false);
        var seconds = "86" + Random.Shared.Next(1000, 9999).ToString(CultureInfo.InvariantCulture);
        try
        {
            await place.SucceedAsync(Workplace.Local(place.Source("source", ("run", "")), $"env -i setsid sh -c 'sleep {seconds} & ' & sleep 0.3"));
        }
        finally
        {
            Workplace.Shell($"for p in /proc/[0-9]*; do if tr '\\0' ' ' < $p/cmdline 2>/dev/null | grep -qx 'sleep {seconds} '; then kill -9 ${{p#/proc/}}; fi; done");
        }
    }

    [Theory, InlineData(BuildTests.Bubblewrap), InlineData(BuildTests.Direct)]
    public async Task A_fork_bomb_gets_no_further_than_its_limit(string isolation)
    {
        using var place = await BuildTests.IsolatedAsync(isolation, options => options.CommandProcesses = 50);
        SkipWithoutGroups(true);
        Assert.SkipUnless(File.Exists(Python), "python3 is not installed.");
        var (_, tree) = await place.SucceedAsync(Workplace.Local(place.Source("source", ("bomb.py", Bomb)), $"{Python} bomb.py"));

        Assert.InRange(int.Parse(await File.ReadAllTextAsync($"{tree}/made", Ct), CultureInfo.InvariantCulture), 20, 50);
        Assert.False(BuildTests.Runs("bomb.py"));
    }

    [Fact]
    public async Task Without_a_cgroup_it_is_stopped_when_it_is_seen()
    {
        using var place = await BuildTests.IsolatedAsync(BuildTests.Direct, options => (options.CommandProcesses, options.UseControlGroups) = (50, false));
        Assert.SkipUnless(File.Exists(Python), "python3 is not installed.");
        var error = await place.FailAsync(Workplace.Local(place.Source("source", ("bomb.py", Bomb)), $"{Python} bomb.py; sleep 86304"));

        Assert.Equal("install_command_too_many_processes", error.Code);
        Assert.False(BuildTests.Runs("bomb.py") || BuildTests.Runs("86304"));
    }

    [Theory, InlineData(BuildTests.Bubblewrap), InlineData(BuildTests.Direct)]
    public async Task Without_a_cgroup_memory_is_looked_at(string isolation)
    {
        using var place = await BuildTests.IsolatedAsync(isolation, options => (options.CommandMemoryBytes, options.UseControlGroups) = (100_000_000, false));
        Assert.SkipUnless(File.Exists(Python), "python3 is not installed.");
        var error = await place.FailAsync(Workplace.Local(place.Source("source", ("run", "")),
            $"{Python} -c 'import time; x = bytearray(b\"x\") * 200_000_000; time.sleep(86305)'"));

        Assert.Equal("install_command_out_of_memory", error.Code);
        Assert.False(BuildTests.Runs("86305"));
    }

    [Theory]
    [InlineData("while :; do n=$((n + 1)); head -c 1000000 /dev/zero > $n; done")]
    [InlineData("while :; do n=$((n + 1)); head -c 1000000 /dev/zero > /tmp/$n; done")]
    [InlineData("mkdir d; chmod 300 d; cd d; while :; do n=$((n + 1)); : > $n; done")]
    [InlineData("head -c 60000000 /dev/zero > large; exit 3")]
    public async Task A_command_that_fills_the_disk_is_stopped(string command)
    {
        using var place = new Workplace(options => (options.CommandDiskBytes, options.CommandTimeLimit) = (20_000_000, Workplace.Patience));
        var error = await place.FailAsync(Workplace.Local(place.Source("source", ("run", "")), command));

        Assert.Equal(("install_command_out_of_disk", command), (error.Code, error.Command));
        Assert.Contains("20000000", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_can_read_neither_the_store_nor_what_others_do_nor_write_outside()
    {
        using var place = await BuildTests.IsolatedAsync(BuildTests.Bubblewrap);
        var (other, _) = await place.SucceedAsync(Workplace.Local(place.Source("other", ("run", "treasure"))));
        var bundle = $"{place.Data.Store}/{other.Digest![..2]}/{other.Digest}.tar";
        Assert.True(File.Exists(bundle));

        var (_, tree) = await place.SucceedAsync(Workplace.Local(place.Source("source", ("run", "")), $$"""
            cat {{bundle}} > stolen; ls {{place.Data.Work}} {{place.Data.Installs}} {{place.Data.Root}} >> stolen
            for place in / /usr /usr/bin /etc /opt /dev /proc /connector/..; do touch $place/planted && echo $place >> written; done
            ln -s /etc/planted link; echo x > link && echo link >> written; rm link
            find /etc -type f -readable ! -perm -o=r >> stolen
            find /etc -type d -readable ! -perm -o=rx >> stolen
            cat /etc/shadow >> stolen
            true
            """));

        Assert.Equal("", await File.ReadAllTextAsync($"{tree}/stolen", Ct));
        Assert.False(File.Exists($"{tree}/written"), "written outside: " + (File.Exists($"{tree}/written") ? await File.ReadAllTextAsync($"{tree}/written", Ct) : ""));
        Assert.False(Posix.Look("/etc/planted") is not null);
    }

    [Fact]
    public void Files_that_a_stranger_may_not_read_are_found_so_that_they_can_be_hidden()
    {
        using var place = new Workplace();
        var root = place.Source("etc", ("public", ""), ("key", ""), ("ssl/private/a", ""), ("ssl/certs/b", ""));
        Workplace.Shell("chmod 755 . ssl ssl/certs; chmod 644 public ssl/certs/b; chmod 640 key; chmod 750 ssl/private; ln -s key link", root);

        Assert.Equal([($"{root}/key", false), ($"{root}/ssl/private", true)], PrivateFiles.Below(root).Order());
    }

    [Fact]
    public async Task A_flood_of_output_is_read_to_its_end_and_kept_in_bounds()
    {
        using var place = new Workplace();
        var (status, _) = await place.SucceedAsync(Workplace.Local(place.Source("source", ("run", "")),
            "yes \"$(printf '%099d' 7)\" | head -c 100000000; echo; echo last"));

        var lines = place.Logs.Read(status.InstallId);
        Assert.Contains(lines, line => line.Text == "last");
        Assert.True(lines[^1].Seq > 1_000_000, $"only {lines[^1].Seq} lines were read");
        Assert.InRange(new FileInfo(Path.Combine(place.Data.Install(status.InstallId), "log")).Length, 1, 3 * InstallLog.KeptBytes);
    }

    [Fact]
    public async Task A_command_is_bash_with_its_quoting_and_reads_no_start_file()
    {
        using var place = new Workplace();
        Assert.SkipUnless(File.Exists("/bin/bash"), "bash is not installed.");
        var (_, tree) = await place.SucceedAsync(Workplace.Local(place.Source("source", ("run", "")), """
            cd . && [[ "$BASH_VERSION" == [0-9]* ]] && printf '%s|' "a  b" 'c $HOME' d\ e "$((1 + 1))" f{1,2} $UNSET "${UNSET:-g}" > out
            shopt -q login_shell && echo login >> out; [ -z "$PS1" ]; cat <(echo h) >> out
            false || echo i >> out; false; echo j >> out
            """));

        Assert.Equal("a  b|c $HOME|d e|2|f1|f2|g|h\ni\nj\n", await File.ReadAllTextAsync($"{tree}/out", Ct));
    }

    // Never more than 200, should the limit not bind.
    private const string Bomb = """
        import os, signal
        made = 0
        try:
            while made < 200:
                if os.fork() == 0:
                    signal.pause()
                made += 1
        except OSError:
            pass
        open("made", "w").write(str(made))
        """;

    private static void SkipWithoutGroups(bool wanted)
    {
        if (!wanted || new CommandLimits(new InstallOptions(), []).CreateGroup(Guid.CreateVersion7()) is { } group && group.RemoveAsync() is not null) return;
        Assert.SkipWhen(Environment.GetEnvironmentVariable("CI") != "true", "No cgroup can be made here.");
    }
}
