using Platform.Ingest.V1;
using Platform.Runner.Runs;

namespace Platform.Runner.Tests;

public sealed class RunRulesTests
{
    private static readonly RunFault Fault = Faults.SyncFailed("quota").Fault;

    [Fact]
    public void A_runner_that_is_stopped_in_order_costs_a_run_no_attempt_but_not_for_ever_and_not_one_that_may_have_one_only()
    {
        var stop = Faults.RunnerStopping;

        Assert.True(RunRules.TriesAgain(stop, attempt: 3, maxAttempts: 3, cancelRequested: false, stops: RunRules.FreeStops - 1));
        Assert.True(RunRules.IsHandedOn(stop, maxAttempts: 3, RunRules.FreeStops - 1));
        Assert.False(RunRules.TriesAgain(stop, attempt: 3, maxAttempts: 3, cancelRequested: false, RunRules.FreeStops));
        Assert.True(RunRules.TriesAgain(stop, attempt: 2, maxAttempts: 3, cancelRequested: false, RunRules.FreeStops));
        Assert.False(RunRules.TriesAgain(stop, attempt: 1, maxAttempts: 1, cancelRequested: false));
        Assert.False(RunRules.TriesAgain(stop, attempt: 1, maxAttempts: 3, cancelRequested: true));
        Assert.False(RunRules.IsHandedOn(Faults.RunnerLost, maxAttempts: 3, stops: 0));
    }

    [Fact]
    public void A_sync_without_a_fault_succeeds_even_if_a_cancel_came_late() => Assert.Equal((Outcome.Succeeded, null), RunRules.Decide(null, true));

    [Fact]
    public void A_fault_fails_the_run() => Assert.Equal((Outcome.Failed, Fault), RunRules.Decide(Fault, false));

    [Fact]
    public void A_fault_after_a_cancel_is_the_cancel() => Assert.Equal((Outcome.Cancelled, null), RunRules.Decide(Fault, true));

    [Fact]
    public void An_abandoned_running_run_failed_with_its_runner() =>
        Assert.Equal((Outcome.Failed, Faults.RunnerLost), RunRules.DecideAbandoned(RunState.Running, false));

    [Fact]
    public void An_abandoned_run_that_was_to_be_cancelled_is_cancelled() =>
        Assert.Equal((Outcome.Cancelled, null), RunRules.DecideAbandoned(RunState.Running, true));

    [Fact]
    public void A_cancelled_run_that_never_ran_is_cancelled() =>
        Assert.Equal((Outcome.Cancelled, null), RunRules.DecideAbandoned(RunState.Queued, true));

    [Theory]
    [InlineData(1, 3, false, true)]
    [InlineData(2, 3, false, true)]
    [InlineData(3, 3, false, false)]
    [InlineData(1, 1, false, false)]
    [InlineData(1, 3, true, false)]
    public void A_transient_fault_is_tried_again_while_attempts_are_left_and_nobody_cancels(int attempt, int maxAttempts, bool cancelled, bool again)
    {
        Assert.Equal(again, RunRules.TriesAgain(Faults.RunnerLost, attempt, maxAttempts, cancelled));
        Assert.False(RunRules.TriesAgain(Fault, attempt, maxAttempts, cancelled));
    }

    [Fact]
    public void Only_what_passes_by_itself_is_transient()
    {
        Assert.All(
            [
                Faults.RunnerLost, Faults.RunnerStopping, Faults.IngestUnavailable("").Fault, Faults.RegistryUnavailable("").Fault, Faults.InstallerUnavailable("").Fault,
                Faults.DatabaseUnavailable("").Fault, Faults.SyncFailed("", retryable: true).Fault, Faults.PreparationFailed(new("database_unavailable", 503, "", "")).Fault,
            ],
            fault => Assert.True(fault.Transient, fault.Code));
        Assert.All(
            [
                Faults.Cancelled, Faults.Internal, Faults.StaleFence().Fault, Faults.ConnectorExited(1).Fault, Faults.OutOfMemory(1).Fault, Faults.PageRefused("").Fault,
                Faults.HandshakeFailed("").Fault, Faults.HandshakeTimeout(TimeSpan.Zero).Fault, Faults.FirstPageTimeout(TimeSpan.Zero).Fault, Faults.IdleTimeout(TimeSpan.Zero).Fault,
                Faults.SyncTimeout(TimeSpan.Zero, false).Fault, Faults.InvalidOptions([]).Fault, Faults.LimitsTooHigh([]).Fault, Faults.BundleUnavailable("").Fault,
                Faults.DiskFull().Fault, Faults.PreparationFailed(new("connector_not_installed", 409, "", "")).Fault,
            ],
            fault => Assert.False(fault.Transient, fault.Code));
    }

    [Fact]
    public void The_pause_grows_to_its_longest_is_half_chance_and_is_none_for_a_runner_that_only_goes_away()
    {
        var settings = new RunnerSettings { RetryFirstSeconds = 4, RetryFactor = 5, RetryLongestSeconds = 60 };
        var away = Faults.IngestUnavailable("").Fault;

        Assert.Equal([2, 10, 30, 30], Enumerable.Range(1, 4).Select(attempt => RunRules.Pause(settings, away, attempt, 0).TotalSeconds));
        Assert.Equal([4, 20, 60, 60], Enumerable.Range(1, 4).Select(attempt => RunRules.Pause(settings, away, attempt, 1).TotalSeconds));
        Assert.Equal(4, RunRules.Pause(settings, Faults.RunnerLost, 9, 1).TotalSeconds);
        Assert.Equal(TimeSpan.Zero, RunRules.Pause(settings, Faults.RunnerStopping, 2, 1));
    }

    [Theory]
    [InlineData(Outcome.Succeeded, "succeeded")]
    [InlineData(Outcome.Failed, "failed")]
    [InlineData(Outcome.Cancelled, "cancelled")]
    public void The_row_says_what_ingest_decided(Outcome outcome, string state) => Assert.Equal(state, RunRules.State(outcome));
}
