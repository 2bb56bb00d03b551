namespace Platform.Runner.Tests;

/// <summary>
/// AutoMTLS on and off, with connectors made with the SDK for .NET and with Debian's go-plugin. That one is 1.0.1: it knows
/// AutoMTLS for the main connection, but not for callbacks.
/// </summary>
public sealed class AutoMtlsTests(GoConnectors connectors) : IAsyncLifetime
{
    private DriverBench bench = null!;

    public async ValueTask InitializeAsync() => bench = await DriverBench.StartAsync();

    public ValueTask DisposeAsync() => bench.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connector_of_the_sdk_syncs_with_and_without(bool autoMtls)
    {
        var end = await bench.SyncAsync("""{"pages": 4, "objects": 25}""", SampleConnectors.Folder, SampleConnectors.Command, autoMtls: autoMtls);

        Assert.Equal("""{"mode":"ok"}""", end.Result);
        Assert.Equal([""], end.CompleteStreams);
        Assert.Equal(100, bench.Peers.Ingest.Ids.Distinct().Count());
    }

    [Fact]
    public async Task A_connector_of_an_old_go_plugin_syncs_without()
    {
        var end = await bench.SyncAsync("""{"mode": "ok"}""", connectors.Crash, "./crash-go");

        Assert.Equal("""{"mode":"ok"}""", end.Result);
        Assert.Equal([""], end.CompleteStreams);
    }

    [Theory]
    [InlineData("ok")]
    // It discards the error of each page and returns as if all were well.
    [InlineData("ignore-refusal")]
    public async Task A_connector_of_an_old_go_plugin_can_not_call_back_and_the_error_says_what_to_do(string mode)
    {
        var fault = await bench.FaultAsync($$"""{"mode": "{{mode}}"}""", connectors.Crash, "./crash-go", autoMtls: true);

        Assert.Equal("mtls_callback_failed", fault.Code);
        Assert.Contains("refused the platform's certificate", fault.Message, StringComparison.Ordinal);
        Assert.Contains("go-plugin before 1.4.4", fault.Remedy, StringComparison.Ordinal);
        Assert.Contains("set auto_mtls to false", fault.Remedy, StringComparison.Ordinal);
        Assert.Empty(bench.Peers.Ingest.Pages);
        // The main connection did come about.
        Assert.Contains("configuring server automatic mTLS", bench.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connector_that_offers_no_certificate_is_not_spoken_to()
    {
        var fault = await bench.FaultAsync("{}", SampleConnectors.Folder, "printf '1|1|unix|/tmp/nowhere|grpc|\\n'; sleep 4242", autoMtls: true);

        Assert.Equal("mtls_not_offered", fault.Code);
        Assert.Contains("set auto_mtls to false", fault.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connector_that_offers_something_else_than_a_certificate_is_not_spoken_to()
    {
        var words = Convert.ToBase64String(new byte[60]);

        var fault = await bench.FaultAsync("{}", SampleConnectors.Folder, $"printf '1|1|unix|/tmp/nowhere|grpc|{words}\\n'; sleep 4242", autoMtls: true);

        Assert.Equal("mtls_certificate_unreadable", fault.Code);
    }

    [Fact]
    public async Task A_connector_that_serves_another_certificate_than_it_announced_is_not_spoken_to()
    {
        var fault = await bench.FaultAsync("{}", connectors.Crash, "./crash-go wrong-certificate", autoMtls: true);

        Assert.Equal("mtls_wrong_certificate", fault.Code);
        Assert.DoesNotContain("meant for another", bench.Log.Text, StringComparison.Ordinal);
    }
}
