using Platform.Runner.Runs;

namespace Platform.Runner.Tests;

public sealed class RunMotionTests
{
    [Fact]
    public void What_a_connector_says_of_its_progress_is_kept_within_bounds()
    {
        var motion = new RunMotion(new());
        motion.Say(new string('x', 600), 1.5);

        var signs = motion.Signs(RunStage.Syncing, new(new(), 0, 0), null);

        Assert.Equal(new string('x', 500) + "…", signs.Message);
        Assert.Equal(1, signs.Fraction);
        motion.Say("listing", double.NaN);
        Assert.Null(motion.Signs(RunStage.Syncing, new(new(), 0, 0), null).Fraction);
    }
}
