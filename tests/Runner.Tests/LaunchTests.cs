using Platform.Registry.V1;
using Platform.Runner.Processes;

namespace Platform.Runner.Tests;

/// <summary>What a manifest says of its connector's environment and limits.</summary>
public sealed class LaunchTests(GoConnectors connectors)
{
    private const string Greeting = "größe = \"two words\" $HOME `id` 'and' \\";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_manifests_variables_reach_the_connector_as_they_are_and_replace_none_of_the_platforms(bool isolated)
    {
        await using var bench = await DriverBench.StartAsync(isolated);
        bench.Variables = new Dictionary<string, string>
        {
            ["GREETING"] = Greeting,
            ["EMPTY"] = "",
            ["PATH"] = "/evil",
            ["HOME"] = "/evil",
            ["TMPDIR"] = "/evil",
            ["PLATFORM_RUN_FOLDER"] = "/evil",
            ["BASIC_PLUGIN"] = "/evil",
            ["PLUGIN_UNIX_SOCKET_DIR"] = "/evil",
        };

        var fault = await bench.FaultAsync("{}", connectors.Crash, "env >&2; exit 3");

        var lines = fault.Detail!.Split('\n');
        Assert.Empty(lines.Select(line => line.Split('=')[0]).Except(
            ["GREETING", "EMPTY", "PATH", "HOME", "TMPDIR", "LANG", "PYTHONDONTWRITEBYTECODE", "DOTNET_ROOT", RunFolder.Marker, "BASIC_PLUGIN",
                "PLUGIN_PROTOCOL_VERSIONS", "PLUGIN_MIN_PORT", "PLUGIN_MAX_PORT", "PLUGIN_UNIX_SOCKET_DIR", "PWD", "OLDPWD", "SHLVL", "_"]));
        Assert.Contains($"GREETING={Greeting}", lines);
        Assert.Contains("EMPTY=", lines);
        Assert.Contains("BASIC_PLUGIN=hello", lines);
        Assert.DoesNotContain("/evil", fault.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plugin_starts_with_variables_as_without()
    {
        await using var bench = await DriverBench.StartAsync();
        bench.Variables = new Dictionary<string, string> { ["GREETING"] = Greeting };

        Assert.Equal("""{"mode":"ok"}""", (await bench.SyncAsync("""{"mode": "ok"}""", connectors.Crash, "./crash-go")).Result);
    }

    [Fact]
    public async Task No_program_outside_the_isolation_gets_a_variable()
    {
        await using var bench = await DriverBench.StartAsync();
        var value = Guid.NewGuid().ToString();
        bench.Variables = new Dictionary<string, string> { ["LD_LIBRARY_PATH"] = value };
        using var stop = new CancellationTokenSource();
        var sync = bench.SyncAsync("""{"mode": "hang"}""", connectors.Crash, "./crash-go", stop: stop);
        await Wait.ForAsync("the first page", () => !bench.Peers.Ingest.Pages.IsEmpty, DriverBench.SyncTimeout);
        var programs = ProcessTable.WithVariable("LD_LIBRARY_PATH", value).Select(pid => Path.GetFileName(File.ResolveLinkTarget($"/proc/{pid}/exe", false)!.FullName)).ToList();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sync);

        Assert.Equal(["crash-go"], programs);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_manifests_memory_limit_binds(bool isolated)
    {
        // tail keeps it all, for longer than a watchdog looks away.
        const string hold200Megabytes = "(head -c 200000000 /dev/zero; sleep 2) | tail -c 199999999 >/dev/null; exit 3";
        await using var bench = await DriverBench.StartAsync(isolated);
        bench.AskedLimits = new ConnectorLimits { MemoryMb = 500 };
        Assert.Contains("code 3", (await bench.FaultAsync("{}", connectors.Crash, hold200Megabytes, new() { ["MemoryLimitMegabytes"] = "100" })).Message, StringComparison.Ordinal);

        bench.AskedLimits = new ConnectorLimits { MemoryMb = 150 };
        var fault = await bench.FaultAsync("{}", connectors.Crash, hold200Megabytes);

        Assert.Equal("connector_out_of_memory", fault.Code);
        Assert.Contains("150 MiB", fault.Message, StringComparison.Ordinal);
        Assert.Contains("limits.memory_mb", fault.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_manifests_limit_of_processes_binds_where_cgroups_can_be_made()
    {
        const string forkTwenty = "n=0; while [ $n -lt 20 ]; do sleep 30 & n=$((n+1)); done; echo all started >&2; exit 3";
        await using var bench = await DriverBench.StartAsync();
        await bench.SyncAsync("""{"mode": "ok"}""", connectors.Crash, "./crash-go");
        Assert.SkipUnless(bench.Isolation!.Contains("cgroup", StringComparison.Ordinal), "No cgroup can be made here.");

        Assert.Contains("all started", (await bench.FaultAsync("{}", connectors.Crash, forkTwenty)).Detail, StringComparison.Ordinal);
        bench.AskedLimits = new ConnectorLimits { Processes = 12 };
        Assert.DoesNotContain("all started", (await bench.FaultAsync("{}", connectors.Crash, forkTwenty)).Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_settings_limits_of_files_disk_and_cores_bind_and_no_power_is_left(bool isolated)
    {
        await using var bench = await DriverBench.StartAsync(isolated);

        // As bash has it, one file after the other until it is refused.
        var open = await bench.FaultAsync("{}", connectors.Crash,
            "bash -c 'while [ ${n:-0} -lt 300 ] && exec {f}</dev/null; do n=$((n+1)); done; echo opened $n; ulimit -Hc; grep CapEff /proc/self/status; ls -d \"$1\"; exit 3' - "
            + $"'{RepositoryFolderAttribute.Value}' >&2", new() { ["MaxOpenFiles"] = "100" });
        var words = open.Detail!.Split('\n');
        Assert.InRange(int.Parse(words.Single(w => w.StartsWith("opened ", StringComparison.Ordinal))[7..], System.Globalization.CultureInfo.InvariantCulture), 20, 99);
        Assert.Contains("0", words);
        Assert.Contains("CapEff:\t0000000000000000", words);
        Assert.Equal(!isolated, words.Contains(RepositoryFolderAttribute.Value));

        Dictionary<string, string?> small = new() { ["DiskLimitMegabytes"] = "20", ["MaxProcesses"] = "20" };
        Assert.Equal("connector_disk_full", (await bench.FaultAsync("{}", connectors.Crash, "head -c 30000000 /dev/zero > $HOME/much; sleep 30", small)).Code);
        if (isolated)
            Assert.Contains("No space left", (await bench.FaultAsync("{}", connectors.Crash, "head -c 30000000 /dev/zero > /tmp/much; exit 3", small)).Detail, StringComparison.Ordinal);
        else
            Assert.Equal("connector_too_many_processes", (await bench.FaultAsync("{}", connectors.Crash, "n=0; while [ $n -lt 30 ]; do sleep 30 & n=$((n+1)); done; sleep 30", small)).Code);
    }

    [Fact]
    public void What_the_manifest_leaves_out_is_as_the_settings_say_and_more_than_the_ceilings_is_refused_all_at_once()
    {
        var settings = new ConnectorSettings { MemoryLimitMegabytes = 100, MaxProcesses = 50, StartTimeoutSeconds = 7, MemoryCeilingMegabytes = 200, ProcessesCeiling = 60 };

        Assert.Equal(new LaunchLimits(100, 50, TimeSpan.FromSeconds(7)), LaunchLimits.Of(settings));
        Assert.Equal(new LaunchLimits(200, 50, TimeSpan.FromSeconds(7)), LaunchLimits.Of(settings, new() { MemoryMb = 200 }));
        Assert.Equal(new LaunchLimits(16, 60, TimeSpan.FromSeconds(3600)), LaunchLimits.Of(settings, new() { MemoryMb = 16, Processes = 60, StartSeconds = 3600 }));
        var fault = Assert.Throws<RunFaultException>(() => LaunchLimits.Of(settings, new() { MemoryMb = 201, Processes = 61, StartSeconds = 3601 })).Fault;
        Assert.Equal("limits_too_high", fault.Code);
        foreach (var word in (string[])["memory_mb is 201, at most 200 (Connectors:MemoryCeilingMegabytes)", "processes is 61, at most 60 (Connectors:ProcessesCeiling)", "start_seconds is 3601, at most 3600"])
            Assert.Contains(word, fault.Message, StringComparison.Ordinal);
    }
}
