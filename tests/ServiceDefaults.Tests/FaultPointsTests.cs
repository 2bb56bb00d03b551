using Microsoft.Extensions.Configuration;

namespace Platform.ServiceDefaults.Tests;

/// <summary>That a process is killed at its points is shown where processes are: in the kill tests of the services.</summary>
public sealed class FaultPointsTests
{
    [Fact]
    public void A_point_fails_at_the_time_that_is_configured_and_only_then()
    {
        var fault = Read("fail:3")["committed"];
        fault.Pass("committed");
        fault.Pass("committed");
        Assert.Contains("committed", Assert.Throws<IOException>(() => fault.Pass("committed")).Message, StringComparison.Ordinal);
        fault.Pass("committed");
    }

    [Fact]
    public void Without_configuration_there_are_no_points()
    {
        Assert.Empty(FaultPoints.Read(new ConfigurationBuilder().Build()));
        FaultPoints.Pass("committed");
    }

    [Theory]
    [InlineData("")]
    [InlineData("stop")]
    [InlineData("kill:0")]
    [InlineData("kill:many")]
    [InlineData("kill:1:2")]
    public void A_value_that_says_nothing_is_refused_with_its_key(string value)
    {
        var refused = Assert.Throws<InvalidOperationException>(() => Read(value));
        Assert.Contains("FaultPoints:committed", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"'{value}'", refused.Message, StringComparison.Ordinal);
    }

    private static IReadOnlyDictionary<string, FaultPoints.Fault> Read(string value) =>
        FaultPoints.Read(new ConfigurationBuilder().AddInMemoryCollection([new("FaultPoints:committed", value)]).Build());
}
