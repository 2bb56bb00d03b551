namespace Platform.Runner.Tests;

/// <summary>Which contract is spoken, by what the manifest names and what the connector serves.</summary>
public sealed class NativeNegotiationTests : IAsyncLifetime
{
    private DriverBench bench = null!;

    public async ValueTask InitializeAsync() => bench = await DriverBench.StartAsync(isolated: false);

    public ValueTask DisposeAsync() => bench.DisposeAsync();

    [Theory]
    [InlineData("c1", "", "platform")]
    [InlineData("c1", "only-platform", "platform")]
    [InlineData("c1", "only-c1", "c1")]
    [InlineData("platform", "", "platform")]
    [InlineData("platform", "only-platform", "platform")]
    public async Task The_best_that_both_know_is_spoken_unless_the_manifest_insists(string manifest, string serves, string agreed)
    {
        bench.Protocol = manifest;
        var command = $"{SampleConnectors.Command} {serves}";

        var description = await bench.DescribeAsync(SampleConnectors.Folder, command);
        var end = await bench.SyncAsync("""{"mode": "ok", "pages": 2, "objects": 5}""", SampleConnectors.Folder, command);

        Assert.Equal(agreed, description.Protocol);
        Assert.Equal(agreed == "platform", description.Specification is not null);
        Assert.Equal(10, bench.Peers.Ingest.Ids.Count);
        Assert.Equal([""], end.CompleteStreams);
        Assert.Equal("""{"mode":"ok"}""", end.Result);
    }

    [Fact]
    public async Task A_manifest_that_insists_on_the_platforms_own_refuses_a_connector_of_c1()
    {
        bench.Protocol = "platform";

        var fault = await bench.FaultAsync("{}", SampleConnectors.Folder, $"{SampleConnectors.Command} only-c1");

        Assert.Equal("connector_exited", fault.Code);
        Assert.Contains("this connector speaks 1", fault.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connector_of_c1_starts_passes_its_check_and_has_no_actions()
    {
        var command = $"{SampleConnectors.Command} only-c1";

        Assert.True(Assert.Single(await bench.CheckAsync("{}", SampleConnectors.Folder, command)).Passed);
        var fault = (await Assert.ThrowsAsync<RunFaultException>(() => bench.InvokeAsync("echo", "{}", "{}", SampleConnectors.Folder, command))).Fault;
        Assert.Equal("unknown_action", fault.Code);
    }
}
