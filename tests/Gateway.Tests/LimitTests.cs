using System.Net;
using Microsoft.Extensions.Options;
using Platform.Gateway.Limits;
using Platform.Gateway.Tokens;
using Platform.ServiceDefaults;

namespace Platform.Gateway.Tests;

public sealed class LimitTests
{
    private static readonly ApiToken Token = new(Guid.NewGuid(), "reporting", [], ["runs:read"], null, []);
    private static readonly ApiToken Other = Token with { Id = Guid.NewGuid(), Name = "other" };
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void A_token_that_asks_too_often_is_told_when_to_come_back_and_others_are_not_held_up()
    {
        using var limits = With(new() { Burst = 3, RequestsPerSecond = 0.1 });
        for (var i = 0; i < 3; i++) limits.Count(Token);
        var problem = Assert.Throws<ProblemException>(() => limits.Count(Token)).Problem;
        Assert.Equal(("rate_limited", 429), (problem.Code, problem.Status));
        Assert.InRange((int)problem.Extensions!["retry_after"]!, 1, 10);
        limits.Count(Other);
    }

    [Fact]
    public void Refused_credentials_are_counted_by_address_and_of_IPv6_by_network()
    {
        using var limits = With(new() { FailureBurst = 2, FailuresPerSecond = 0.01 });
        limits.CountFailure(IPAddress.Parse("2001:db8::1"));
        limits.CountFailure(IPAddress.Parse("2001:db8::2"));
        Assert.Equal("too_many_failures", Assert.Throws<ProblemException>(() => limits.CountFailure(IPAddress.Parse("2001:db8::3"))).Problem.Code);
        limits.CountFailure(IPAddress.Parse("2001:db8:0:1::1"));
        limits.CountFailure(IPAddress.Parse("192.0.2.1"));
    }

    [Fact]
    public async Task A_request_waits_for_its_turn_and_is_refused_when_too_many_wait()
    {
        using var limits = With(new() { Concurrency = 1, Queue = 1, QueueSeconds = 30 });
        var first = await limits.EnterAsync(Cancel);
        var second = limits.EnterAsync(Cancel);
        Assert.False(second.IsCompleted);
        var problem = (await Assert.ThrowsAsync<ProblemException>(async () => await limits.EnterAsync(Cancel))).Problem;
        Assert.Equal(("gateway_busy", 503), (problem.Code, problem.Status));
        Assert.Equal(1, problem.Extensions!["retry_after"]);
        first.Dispose();
        (await second.AsTask().WaitAsync(TimeSpan.FromSeconds(10), Cancel)).Dispose();
    }

    [Fact]
    public async Task Nobody_waits_longer_than_the_limit_says()
    {
        using var limits = With(new() { Concurrency = 1, Queue = 10, QueueSeconds = 0.1 });
        using var first = await limits.EnterAsync(Cancel);
        Assert.Equal("gateway_busy", (await Assert.ThrowsAsync<ProblemException>(async () => await limits.EnterAsync(Cancel))).Problem.Code);
    }

    [Fact]
    public void Streams_have_places_of_their_own_per_token_and_in_all()
    {
        using var limits = With(new() { Streams = 2, StreamsPerToken = 1 });
        var first = limits.EnterStream(Token);
        Assert.Equal(("too_many_streams", 429), Code(() => limits.EnterStream(Token)));
        using var second = limits.EnterStream(Other);
        Assert.Equal(("gateway_busy", 503), Code(() => limits.EnterStream(Token with { Id = Guid.NewGuid() })));
        first.Dispose();
        limits.EnterStream(Token).Dispose();
    }

    [Theory]
    [InlineData(0.5, 1)]
    [InlineData(25, 100)]
    [InlineData(300, 1500)]
    [InlineData(300, 7)]
    public void A_bucket_fills_as_fast_as_it_says(double perSecond, int burst)
    {
        var bucket = RequestLimits.Bucket(perSecond, burst);
        Assert.Equal(perSecond, bucket.TokensPerPeriod / bucket.ReplenishmentPeriod.TotalSeconds, 3);
        Assert.InRange(bucket.TokensPerPeriod, 1, bucket.TokenLimit);
    }

    private static (string, int) Code(Func<object> action)
    {
        var problem = Assert.Throws<ProblemException>(action).Problem;
        return (problem.Code, problem.Status);
    }

    private static RequestLimits With(LimitSettings settings) => new(Options.Create(settings));
}
