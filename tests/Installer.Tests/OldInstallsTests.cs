using Platform.Installer.Installs;

namespace Platform.Installer.Tests;

public sealed class OldInstallsTests
{
    [Fact]
    public void The_last_answered_installs_stay_and_so_does_whatever_is_not_answered()
    {
        using var place = new Workplace(options => options.KeepInstalls = 2);
        var began = DateTimeOffset.UtcNow;
        var old = new OldInstalls(place.Data, place.Statuses, Microsoft.Extensions.Options.Options.Create(place.Options));
        List<Guid> answered = [.. Enumerable.Range(0, 4).Select(n => Write(n, InstallState.Succeeded, answered: true))];
        Guid[] others = [Write(-2, InstallState.Failed, answered: false), Write(-1, InstallState.Running, answered: false)];
        var stray = Directory.CreateDirectory(place.Data.Install(Guid.CreateVersion7())).FullName;
        File.WriteAllText(Path.Combine(stray, "log"), "torn");

        old.Prune();

        Assert.Equal([.. answered[2..].Concat(others).Order()], place.Statuses.All().Select(status => status.InstallId).Order());
        Assert.False(Directory.Exists(place.Data.Install(answered[0])));
        Assert.True(Directory.Exists(stray));
        old.Prepare();
        Assert.False(Directory.Exists(stray));

        Guid Write(int minute, InstallState state, bool answered)
        {
            var id = Guid.CreateVersion7();
            var final = state == InstallState.Running ? (DateTimeOffset?)null : began.AddMinutes(minute);
            place.Statuses.Write(new InstallStatus(id, Workplace.Local("/none"), "demo", began.AddMinutes(minute), null, state, FinishedAt: final, Answered: answered));
            return id;
        }
    }
}
