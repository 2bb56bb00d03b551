using Platform.Gateway.Routing;

namespace Platform.Gateway.Tests;

public sealed class RoutesTests
{
    [Theory]
    [InlineData("/v1/runs/{id}/sweep", true)]
    [InlineData("/v1/runs/{id}/progress", true)]
    [InlineData("/v1/installs/{id}/log", true)]
    [InlineData("/v1/images/builds/{id}/log", true)]
    [InlineData("/v1/images/builds/{**rest}", false)]
    [InlineData("/v1/images/validations", true)]
    [InlineData("/v1/images/configurations/{**rest}", true)]
    [InlineData("/v1/runs/{**rest}", false)]
    [InlineData("/v1/connections/{name}/query/{**rest}", true)]
    [InlineData("/v1/oms/check", false)]
    [InlineData("/v1/images/check", true)]
    public void What_may_be_silent_for_minutes_is_waited_for(string path, bool patient)
    {
        var route = Assert.Single(Routes.All, r => r.Match.Path == path);

        var timeout = Assert.Single(Routes.Clusters(TimeSpan.FromSeconds(60)), c => c.ClusterId == route.ClusterId).HttpRequest!.ActivityTimeout;

        Assert.Equal(patient, timeout == Timeout.InfiniteTimeSpan);
    }
}
