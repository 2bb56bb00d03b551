using Platform.Ingest.V1;
using Platform.Runner.Runs;

namespace Platform.Runner.Tests;

public sealed class RunRulesTests
{
    private static readonly RunFault Fault = Faults.SyncFailed("quota").Fault;

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
    [InlineData(Outcome.Succeeded, "succeeded")]
    [InlineData(Outcome.Failed, "failed")]
    [InlineData(Outcome.Cancelled, "cancelled")]
    public void The_row_says_what_ingest_decided(Outcome outcome, string state) => Assert.Equal(state, RunRules.State(outcome));
}
