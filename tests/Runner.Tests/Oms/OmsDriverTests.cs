using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Platform.Contracts;
using Platform.Runner.Drivers;
using Platform.Runner.Drivers.Oms;
using Platform.Runner.Processes;
using Platform.ServiceDefaults;

namespace Platform.Runner.Tests.Oms;

/// <summary>A described service as the rest of the Runner sees it: one more way to talk to connectors.</summary>
public sealed class OmsDriverTests : IAsyncDisposable
{
    private const string Description = """
        oms: 1
        info: { title: counter, version: "2", description: Counts }
        environment:
          SECRET: { type: string, required: true, sensitive: true }
        actions:
          count:
            format: { command: [./count] }
            arguments: { text: { type: string, required: true } }
            output: { type: int }
          old:
            deprecated: true
            help: Use count.
            format: { command: [./count] }
            output: { type: int }
          broken:
            http: { method: brew, port: 1, path: /a }
        """;

    private readonly string bundle = Directory.CreateTempSubdirectory("oms-driver-").FullName;
    private readonly CollectedLog log = new();
    private readonly ServiceProvider services;

    public OmsDriverTests()
    {
        Directory.CreateDirectory(Path.Combine(bundle, ".platform"));
        File.WriteAllText(Path.Combine(bundle, "oms.yml"), Description);
        File.WriteAllText(Path.Combine(bundle, "count"), "#!/bin/sh\nprintf %s \"$1\" | wc -c\n");
        File.SetUnixFileMode(Path.Combine(bundle, "count"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(
            [new("Containers:Socket", "/nowhere/docker.sock"), new("Connectors:TemporaryDirectory", Path.Combine(bundle, "tmp"))]).Build();
        var collection = new ServiceCollection();
        collection.AddLogging().AddSingleton<IConfiguration>(configuration).AddSingleton<OutboundGuard>().AddConnectorDrivers();
        services = collection.BuildServiceProvider();
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private IConnectorDriver Driver => services.GetRequiredService<ConnectorDrivers>().For(OmsDriver.Protocol);

    [Fact]
    public async Task It_is_described_by_its_file_without_being_started()
    {
        Runs(new(ServiceKinds.Image, "oms.yml", "sha256:0"));
        var description = await Driver.DescribeAsync(Launch(), Cancel);

        Assert.Equal(("none", "oms"), (description.Isolation, description.Protocol));
        Assert.False(description.Specification!.CanSync);
        Assert.Equal(["count", "old"], description.Specification.Actions.Select(a => a.Name));
        Assert.True(Assert.Single(description.Specification.Parameters) is { Name: "SECRET", Secret: true, IsRequired: true });
    }

    [Fact]
    public async Task A_command_runs_in_the_sandbox_with_its_arguments_as_the_last_word()
    {
        Runs(new(ServiceKinds.Process, "oms.yml"));
        var isolation = "";
        var answer = await Driver.InvokeAsync(Work("count", """{"text":"abc"}""") with { OnStarted = applies => isolation = applies }, Cancel);

        Assert.Null(answer.Error);
        Assert.Equal("""{"text":"abc"}""".Length, JsonSerializer.Deserialize<int>(answer.Result));
        Assert.NotEmpty(isolation);
    }

    [Fact]
    public async Task A_deprecated_action_says_so_in_its_log()
    {
        Runs(new(ServiceKinds.Process, "oms.yml"));
        var work = Work("old", "{}");
        Assert.Equal("0", Encoding.UTF8.GetString((await Driver.InvokeAsync(work, Cancel)).Result!));

        Assert.Contains("The action old is deprecated. Use count.", work.Launch.Output.LastWords, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("broken")]
    [InlineData("absent")]
    public async Task An_action_that_is_not_there_or_can_t_be_used_is_unknown(string action)
    {
        Runs(new(ServiceKinds.Process, "oms.yml"));
        Assert.Equal("unknown_action", (await Assert.ThrowsAsync<RunFaultException>(() => Driver.InvokeAsync(Work(action, "{}"), Cancel))).Fault.Code);
    }

    [Fact]
    public async Task A_check_tells_that_it_has_started()
    {
        Runs(new(ServiceKinds.Process, "oms.yml"));
        Assert.Equal([("environment", true), ("start", true)], (await Driver.CheckAsync(Launch(), Options, Cancel)).Select(c => (c.Name, c.Passed)));
    }

    [Fact]
    public async Task Without_an_engine_an_image_is_a_lack_that_may_pass()
    {
        Runs(new(ServiceKinds.Image, "oms.yml", "sha256:0"));
        var fault = (await Assert.ThrowsAsync<RunFaultException>(() => Driver.InvokeAsync(Work("count", """{"text":"a"}"""), Cancel))).Fault;

        Assert.Equal(("container_engine_unavailable", true), (fault.Code, fault.Transient));
    }

    [Fact]
    public async Task A_sync_is_not_supported()
    {
        Runs(new(ServiceKinds.Process, "oms.yml"));
        var work = new SyncWork(Launch(), Options, _ => throw new InvalidOperationException("nothing is loaded"), _ => { }, TimeSpan.FromSeconds(1));
        Assert.Equal("sync_not_supported", (await Assert.ThrowsAsync<RunFaultException>(() => Driver.SyncAsync(work, Cancel))).Fault.Code);
    }

    [Fact]
    public async Task A_bundle_that_does_not_say_how_it_runs_is_refused() =>
        Assert.Equal("bad_service_bundle", (await Assert.ThrowsAsync<RunFaultException>(() => Driver.DescribeAsync(Launch(), Cancel))).Fault.Code);

    public async ValueTask DisposeAsync()
    {
        await services.DisposeAsync();
        Directory.Delete(bundle, recursive: true);
    }

    private const string Options = """{"SECRET":"s"}""";

    private void Runs(ServiceRuntime runtime) => File.WriteAllBytes(Path.Combine(bundle, ServiceRuntime.Path), JsonSerializer.SerializeToUtf8Bytes(runtime, PlatformJson.Options));

    private ConnectorLaunch Launch() => new("counter", bundle, "", new(256, 64, TimeSpan.FromSeconds(30)), new ConnectorOutput(log, null, "counter", new OptionMask("")))
    {
        Connection = "c",
        Digest = "d",
    };

    private ActionWork Work(string action, string arguments) => new(Launch(), Options, action, arguments, Guid.CreateVersion7(), _ => { }, (_, _) => { }, 1 << 20);
}
