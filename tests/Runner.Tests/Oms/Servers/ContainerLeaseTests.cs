using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Platform.Contracts;
using Platform.Runner.Containers;
using Platform.Runner.Drivers.Servers;
using Platform.Runner.Processes;
using Platform.Servers;

namespace Platform.Runner.Tests.Oms.Servers;

/// <summary>A container lasts as long as the Runner whose it is, and without an engine there is one sentence.</summary>
public sealed class ContainerLeaseTests(ContainerEngineFixture engine, OmsPrograms programs) : ServerTest(engine, programs)
{
    [Fact]
    public async Task Containers_of_a_killed_runner_are_removed_by_the_next_and_those_of_a_living_one_stay()
    {
        // In place of a Runner: what counts of one is its process.
        using var living = Process.Start("sleep", ["1000"]);
        using var killed = Process.Start("sleep", ["1000"]);
        Start(OwnerOf(living));
        var left = Start(OwnerOf(killed));
        var elsewhere = Start(OwnerOf(killed) with { Machine = "another" });
        var beforeBoot = Start(OwnerOf(living) with { Boot = "earlier" });
        killed.Kill();
        await killed.WaitForExitAsync(Cancel);

        using var next = Services(Engine.Socket);
        var removal = next.GetServices<IHostedService>().OfType<RemoveDeadContainers>().Single();
        await removal.StartAsync(Cancel);

        try
        {
            await Wait.ForAsync("two of four", () => Containers().Count == 2, Limit);
            Assert.DoesNotContain(left, Containers());
            Assert.DoesNotContain(beforeBoot, Containers());
            Assert.Contains(elsewhere, Containers());
        }
        finally
        {
            await removal.StopAsync(Cancel);
            living.Kill();
            foreach (var container in Containers())
                Engine.Docker("rm", "--force", container);
        }
    }

    [Fact]
    public async Task Without_an_engine_there_is_one_sentence_with_the_remedy_and_what_needs_none_works()
    {
        foreach (var (socket, where) in ((string, string)[])[("/nowhere/docker.sock", "/nowhere/docker.sock"), ("off", "switched off")])
        {
            await using var services = Services(socket);
            var servers = services.GetRequiredService<WarmServers>();

            var fault = (await Assert.ThrowsAsync<RunFaultException>(() => servers.AcquireAsync(Wish(ServiceKinds.Image), Cancel))).Fault;
            using (var use = await servers.AcquireAsync(Wish(ServiceKinds.Process), Cancel))
                Assert.Equal(0, (await use.Server.ExecuteAsync(Words(ServiceKinds.Process, "words"), 100, Cancel)).ExitCode);
            await servers.StopAsync(Cancel);

            Assert.Equal("container_engine_unavailable", fault.Code);
            Assert.Contains(where, fault.Message, StringComparison.Ordinal);
            Assert.NotEmpty(fault.Remedy!);
        }
    }

    private static ContainerOwner OwnerOf(Process process) =>
        ContainerOwner.This with { Pid = $"{process.Id}", Started = ProcessTable.StartTime(process.Id)! };

    private string Start(ContainerOwner owner) => Engine.Docker(
        "run", "--detach", "--label", $"platform.runner={owner}", "--label", $"platform.connection={Connection}", Programs.ImageIn(Engine), "/service", "wait", "1000");
}
