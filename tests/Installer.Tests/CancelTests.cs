using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Platform.Contracts;
using Platform.Installer.Installs;

namespace Platform.Installer.Tests;

/// <summary>An install that nobody wants any more ends soon, wherever it is, and is answered as cancelled.</summary>
[Collection(nameof(ServiceGroup))]
public sealed class CancelTests(ServiceFixture service)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_command_that_ignores_signals_is_ended_and_one_that_waits_behind_it_never_begins()
    {
        var source = service.Place.Source("stubborn", ("run", ""));
        var running = Command(source, "trap '' TERM INT HUP; (trap '' TERM; setsid sleep 86301) & while true; do sleep 86301; done");
        var waiting = Command(source, "true");
        await service.SendAsync(running);
        // Only then the other: of two commands that wait together either may be first.
        await Workplace.UntilAsync("the start of the install command", () => BuildTests.Runs("sleep\086301"));
        await service.SendAsync(waiting);
        await Workplace.UntilAsync("the second install to wait", () => new InstallStatuses(service.DataOfService).Find(waiting.InstallId) is not null);

        await service.CancelAsync(waiting.InstallId);
        AssertCancelled(await service.AnswerAsync(waiting.InstallId));
        var began = Stopwatch.GetTimestamp();
        await service.CancelAsync(running.InstallId);
        AssertCancelled(await service.AnswerAsync(running.InstallId));

        Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.Zero, Soon);
        Assert.False(BuildTests.Runs("sleep\086301"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(service.Place.Folder, "service/work")));
        Assert.Equal("cancelled", (await service.LogAsync(running.InstallId)).GetProperty("state").GetString());
        Assert.DoesNotContain("isolation:", (await service.LogAsync(waiting.InstallId)).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_final_install_keeps_its_answer_and_an_unknown_one_is_ignored()
    {
        var (early, command) = (Guid.CreateVersion7(), Command(service.Place.Source("final", ("run", "")), null));
        await service.CancelAsync(early);
        await service.SendAsync(command);
        var answer = await service.AnswerAsync(command.InstallId);
        Assert.True(answer.Succeeded);
        await Workplace.UntilAsync("the answer to be noted", () => new InstallStatuses(service.DataOfService).Find(command.InstallId)!.Answered);

        await service.CancelAsync(command.InstallId);
        Assert.Equal(answer, await service.AnswerAsync(command.InstallId, nth: 2));

        // The one whose cancellation came too early is an ordinary install.
        await service.SendAsync(command with { InstallId = early });
        Assert.True((await service.AnswerAsync(early)).Succeeded);
    }

    [Fact]
    public async Task A_git_that_waits_for_its_server_is_ended()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var port = ((IPEndPoint)silent.LocalEndpoint).Port;
        using var place = new Workplace(allow: $"localhost:{port}");
        await CancelledAsync(place, Workplace.Vcs($"https://localhost:{port}/x.git"), async () => (await silent.AcceptSocketAsync(Ct)).Dispose, "fetching");
    }

    [Fact]
    public async Task Packing_is_ended()
    {
        using var place = new Workplace();
        var source = place.Source("large", ("run", ""));
        Workplace.Shell("for n in $(seq 1 50); do truncate -s 8M $n; done", source);
        await CancelledAsync(place, Workplace.Local(source), () => Task.FromResult<Action>(() => { }), "packing");
    }

    /// <summary>Cancels the install once it is in this stage.</summary>
    /// <param name="reached">What happens outside by then; gives what to undo.</param>
    private static async Task CancelledAsync(Workplace place, Manifest manifest, Func<Task<Action>> reached, string stage)
    {
        using var cancel = new CancellationTokenSource();
        var id = Guid.CreateVersion7();
        var running = place.RunUntilAsync(new InstallStatus(id, manifest, manifest.Name, DateTimeOffset.UtcNow, null), cancel.Token);
        var undo = await reached();
        await Workplace.UntilAsync($"stage {stage}", () => place.Statuses.Find(id)?.Stage == stage);

        var began = Stopwatch.GetTimestamp();
        await cancel.CancelAsync();
        var status = await running;
        undo();

        Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.Zero, Soon);
        AssertCancelled(status.Answer);
        Assert.Equal(InstallState.Cancelled, place.Statuses.Find(id)!.State);
        Assert.Empty(Directory.EnumerateFileSystemEntries(place.Data.Work));
        Assert.Empty(Directory.EnumerateFiles(place.Data.Store, "*", SearchOption.AllDirectories));
    }

    private static void AssertCancelled(InstallFinished answer) =>
        Assert.Equal((false, true, "install_cancelled", null), (answer.Succeeded, answer.Cancelled, answer.Error?.Code, answer.Digest));

    private static InstallConnector Command(string uri, string? install) => new(Guid.CreateVersion7(), "demo", Workplace.Local(uri, install));
}
