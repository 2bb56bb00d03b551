using Platform.Runner.Drivers.Servers;

namespace Platform.Runner.Tests.Ndc;

public sealed class RestartPausesTests
{
    [Fact]
    public void The_second_death_in_a_row_is_paused_after_and_each_further_one_for_longer_up_to_a_limit()
    {
        var pauses = new RestartPauses();
        Assert.Equal(TimeSpan.Zero, pauses.Before("a"));
        foreach (var atMost in (int[])[0, 1, 2, 4, 8, 16, 30, 30])
        {
            pauses.Died("a", TimeSpan.FromSeconds(1));
            Assert.InRange(pauses.Before("a"), TimeSpan.FromSeconds(Math.Max(0, atMost - 0.5)), TimeSpan.FromSeconds(atMost));
        }

        Assert.Equal(TimeSpan.Zero, pauses.Before("b"));
        // One that had lived for long may die.
        pauses.Died("a", TimeSpan.FromMinutes(3));
        Assert.Equal(TimeSpan.Zero, pauses.Before("a"));
    }
}
