using System.Diagnostics;
using System.Text.Json;
using Platform.Servers;

namespace Platform.Runner.Tests;

/// <summary>What binds a connector and what it can't see, as root and as an ordinary user, with every isolation that there is and with none.</summary>
public sealed class IsolationTests(ServersFixture servers, GoConnectors connectors) : RunnerTest(servers, connectors)
{
    private const string Nobody = "65534";
    private static readonly TimeSpan ChownLimit = TimeSpan.FromSeconds(10);
    private string isolation = "";

    [Theory]
    [Trait("Category", "Matrix")]
    [InlineData(false, true)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(true, false)]
    public async Task Every_limit_binds(bool ordinary, bool isolated)
    {
        await UseAsync(ordinary, isolated);

        // As bash has it, one file after the other until it is refused; and no core is ever written.
        var open = await EndAsync("""bash -c 'n=0; while [ $n -lt 300 ] && exec {f}</dev/null; do n=$((n+1)); done; echo opened $n, cores of $(ulimit -Hc) >&2; exit 3'""");
        Assert.InRange(int.Parse(open.Detail.Split("opened ")[1].Split(',')[0]), 20, 99);
        Assert.Contains("cores of 0", open.Detail, StringComparison.Ordinal);

        Assert.Equal("connector_disk_full", (await EndAsync("head -c 40000000 /dev/zero > $HOME/much; sleep 30")).Code);
        Assert.Equal("connector_out_of_memory", (await EndAsync("(head -c 200000000 /dev/zero; sleep 5) | tail -c 199999999 >/dev/null; exit 3")).Code);
        var forks = await EndAsync("n=0; while [ $n -lt 45 ]; do sleep 9 & n=$((n+1)); done; echo all started >&2; sleep 9; exit 3");
        Assert.Equal(isolation.Contains("cgroup", StringComparison.Ordinal) ? "connector_exited" : "connector_too_many_processes", forks.Code);
        if (isolation.Contains("cgroup", StringComparison.Ordinal))
            Assert.DoesNotContain("all started", forks.Detail, StringComparison.Ordinal);
        if (isolation.Contains("bwrap", StringComparison.Ordinal))
            Assert.Contains("No space left", (await EndAsync("head -c 40000000 /dev/zero > /tmp/much; exit 3")).Detail, StringComparison.Ordinal);
    }

    [Theory]
    [Trait("Category", "Matrix")]
    [InlineData(false, true)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(true, false)]
    public async Task The_platforms_environment_is_out_of_sight_and_under_bubblewrap_so_is_its_data(bool ordinary, bool isolated)
    {
        await UseAsync(ordinary, isolated);

        // Whatever of /proc it can read, and whether it sees more processes than its own and other files than its bundle.
        var seen = await EndAsync($"cat /proc/[0-9]*/environ | tr '\\0' '\\n' | grep -c runner-db >&2; ls {data} >&2; tr '\\0' ' ' < /proc/{runner.Id}/cmdline >&2; pwd >&2; exit 3");

        Assert.Equal("0", seen.Detail.Split('\n').First(line => line.All(char.IsAsciiDigit)));
        if (!isolation.Contains("bwrap", StringComparison.Ordinal))
            return;
        Assert.DoesNotContain("bundles", seen.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("Platform.Runner", seen.Detail, StringComparison.Ordinal);
        Assert.EndsWith("/connector", seen.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_share_of_the_processors_is_set_where_cgroups_can_be_made()
    {
        await runner.DisposeAsync();
        runner = await StartAsync(("Connectors__UseBubblewrap", "false"), ("Connectors__CpuPercent", "20"), ("Connectors__CpuWeight", "50"));
        await LearnIsolationAsync();
        Assert.SkipUnless(Directory.Exists("/sys/fs/cgroup/cpu") && isolation.Contains("cgroup1", StringComparison.Ordinal), "There is no cgroup of version 1 to be made here.");

        var busy = await EndAsync("cd /sys/fs/cgroup/cpu/$(grep -o 'platform-runner[^/]*' /proc/self/cgroup | head -1) && cat cpu.cfs_quota_us cpu.shares >&2; exit 3");
        Assert.Equal("20000\n512", busy.Detail);
    }

    private async Task UseAsync(bool ordinary, bool isolated)
    {
        Assert.SkipUnless(!ordinary || Environment.IsPrivilegedProcess, "The tests run as an ordinary user; as root they show both.");
        await runner.DisposeAsync();
        if (ordinary)
        {
            foreach (var folder in (string[])[data, temporary])
                Assert.True(Process.Start("/bin/chown", ["-R", Nobody + ":" + Nobody, folder]).WaitForExit(ChownLimit));
        }

        runner = await RunnerProcess.StartAsync(
            ordinary ? Nobody : null, peers, database, Servers.RabbitMqUri, data, temporary,
            ("Connectors__UseBubblewrap", $"{isolated}"), ("Connectors__UseControlGroups", $"{isolated}"), ("Connectors__MaxOpenFiles", "100"),
            ("Connectors__DiskLimitMegabytes", "30"), ("Connectors__MemoryLimitMegabytes", "120"), ("Connectors__MaxProcesses", "36"));
        await LearnIsolationAsync();
        Assert.Equal(isolated, isolation != "process-group");
    }

    private async Task LearnIsolationAsync()
    {
        peers.Registry.Add("ok", peers.Bundles.Add(Connectors.Crash), "./crash-go", """{"mode": "ok"}""");
        var run = await runner.WaitForStateAsync(Id(await runner.StartRunAsync("ok")), RunTimeout, "succeeded", "failed");
        Assert.True(run.GetProperty("state").GetString() == "succeeded", run.ToString());
        isolation = run.GetProperty("isolation").GetString()!;
    }

    private async Task<(string Code, string Detail)> EndAsync(string command)
    {
        peers.Registry.Add("limits", peers.Bundles.Add(Connectors.Crash), command, "{}");
        var error = (await runner.WaitForStateAsync(Id(await runner.StartRunAsync("limits")), RunTimeout, "failed")).GetProperty("error");
        return (error.GetProperty("code").GetString()!, error.GetProperty("detail") is { ValueKind: JsonValueKind.String } detail ? detail.GetString()! : "");
    }
}
