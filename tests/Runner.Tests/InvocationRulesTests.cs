using Platform.Runner.Drivers;
using Platform.Runner.Invocations;

namespace Platform.Runner.Tests;

/// <summary>When an action is tried again, and when it ends instead.</summary>
public sealed class InvocationRulesTests
{
    [Theory]
    [InlineData(true, false, true, true)]
    [InlineData(true, true, false, true)]
    [InlineData(true, false, false, false)]
    [InlineData(false, true, true, false)]
    public void Again_if_it_may_help_and_the_action_is_idempotent_or_the_connector_asks_for_it(bool retryable, bool asksAgain, bool idempotent, bool expected) =>
        Assert.Equal(expected, InvocationRules.Pause(InvocationRules.Of(new ActionError("away", "", retryable, [], asksAgain)), 1, idempotent) is not null);

    [Theory]
    [InlineData(1, null, 0.375, 0.625)]
    [InlineData(3, null, 1.5, 2.5)]
    [InlineData(1, 0, 0.375, 0.625)]
    [InlineData(1, 20, 20, 20)]
    public void Pauses_grow_and_are_as_long_as_the_connector_wishes(int attempt, int? wish, double least, double most) =>
        Assert.InRange(Pause(attempt, wish)!.Value.TotalSeconds, least, most);

    [Fact]
    public void Whoever_is_to_come_back_much_later_is_told_so() => Assert.Null(Pause(1, 31));

    [Fact]
    public void A_lost_answer_leaves_open_whether_it_was_done() =>
        Assert.Equal(InvocationState.Lost, InvocationRules.Of(new RunFault("answer_lost", "Gone."), asked: true).Outcome);

    private static TimeSpan? Pause(int attempt, int? wish) => InvocationRules.Pause(
        InvocationRules.Of(new ActionError("away", "", true, [], true, wish is { } seconds ? TimeSpan.FromSeconds(seconds) : null)), attempt, idempotent: false);
}
