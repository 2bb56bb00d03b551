using System.Text;
using System.Text.Json;
using Platform.Contracts;
using Platform.Oms;
using Platform.Runner.Drivers.Oms;
using Platform.Runner.Drivers.Oms.Servers;
using Platform.Runner.Drivers.Servers;
using Platform.Runner.Processes;
using Platform.Servers;

namespace Platform.Runner.Tests.Oms.Servers;

/// <summary>A service in a container: what it gets, when it is ready, what becomes of what it writes, and how it ends.</summary>
public sealed class ContainerServerTests(ContainerEngineFixture engine, OmsPrograms programs) : ServerTest(engine, programs)
{
    private const int Port = 8080;

    [Fact]
    public async Task Variables_come_with_their_defaults_upper_case_and_as_declared_and_no_others_do()
    {
        var service = Plain with
        {
            Environment =
            [
                new("access_token", OmsTypes.String, true, null, null, true, false, ""), new("RATE", OmsTypes.Float, false, "0.5", null, false, false, ""),
                new("Deep", OmsTypes.Boolean, false, null, null, false, false, ""), new("absent", OmsTypes.String, false, null, null, false, false, ""),
            ],
        };
        foreach (var kind in (string[])[ServiceKinds.Image, ServiceKinds.Process])
        {
            using var use = await Servers.AcquireAsync(Wish(kind, service, """{"access_token": "it's \"$x\"", "deep": true, "other": "no"}"""), Cancel);

            var outcome = await use.Server.ExecuteAsync(Words(kind, "env", "access_token", "ACCESS_TOKEN", "RATE", "Deep", "DEEP", "ABSENT", "other"), 1000, Cancel);

            Assert.Equal("access_token=it's \"$x\"\nACCESS_TOKEN=it's \"$x\"\nRATE=0.5\nDeep=true\nDEEP=true\nABSENT=\nother=\n", Encoding.UTF8.GetString(outcome.Output));
        }
    }

    [Fact]
    public async Task It_is_ready_when_its_health_answers_well_and_reached_at_the_ports_that_are_named_alone()
    {
        var service = Serving(Port, unready: 5) with { Forwards = [new("public", 9090, "/", "")] };

        using var use = await Servers.AcquireAsync(Wish(ServiceKinds.Image, service), Cancel);

        using var http = new HttpClient();
        Assert.Equal("hello", await http.GetStringAsync(use.Server.AddressOf(Port), Cancel));
        Assert.Equal("no_such_port", Assert.Throws<RunFaultException>(() => use.Server.AddressOf(9090)).Fault.Code);
        var published = Inspect().GetProperty("HostConfig").GetProperty("PortBindings");
        Assert.Equal("127.0.0.1", Assert.Single(published.EnumerateObject()).Value[0].GetProperty("HostIp").GetString());
    }

    [Fact]
    public async Task Without_health_it_is_ready_when_its_port_says_something()
    {
        var service = Serving(Port) with { Health = null, Actions = [new("get", "", false, [], new(), new OmsHttp("GET", Port, "/", null, OmsHttp.Json))] };

        using var use = await Servers.AcquireAsync(Wish(ServiceKinds.Image, service), Cancel);

        using var http = new HttpClient();
        Assert.Equal("hello", await http.GetStringAsync(use.Server.AddressOf(Port), Cancel));
    }

    [Fact]
    public async Task One_that_is_never_ready_has_not_started_and_is_gone()
    {
        var fault = await FailAsync(Serving(Port, unready: int.MaxValue), startSeconds: 3);

        Assert.Equal("service_not_ready", fault.Code);
        Assert.Contains("it answers 503", fault.Message, StringComparison.Ordinal);
        Assert.Equal("listening", fault.Detail);
        Assert.Empty(Containers());
    }

    [Theory]
    [InlineData("exit", "0")]
    [InlineData("exit", "7")]
    public async Task One_that_exits_at_once_has_not_started_whatever_its_code(params string[] words)
    {
        var service = Serving(Port) with { Lifecycle = new(Words(ServiceKinds.Image, [.. words, "", "no database"])) };

        var fault = await FailAsync(service);

        Assert.Equal(("service_exited", "no database"), (fault.Code, fault.Detail));
        Assert.Contains(words[1], fault.Message, StringComparison.Ordinal);
        Assert.Empty(Containers());
    }

    [Fact]
    public async Task One_that_exits_before_its_first_command_says_so_in_place_of_the_command()
    {
        var service = Plain with { Lifecycle = new(Words(ServiceKinds.Image, "exit", "7", "", "no database")) };

        // Its end may be seen before it counts as started.
        var fault = await Assert.ThrowsAsync<RunFaultException>(async () =>
        {
            using var use = await Servers.AcquireAsync(Wish(ServiceKinds.Image, service), Cancel);
            await Wait.ForAsync("it has ended", () => use.Server.HasEnded, Limit);
            await use.Server.ExecuteAsync(["/service"], 100, Cancel);
        });

        Assert.Equal(("service_exited", "no database"), (fault.Fault.Code, fault.Fault.Detail));
    }

    [Fact]
    public async Task A_startup_command_or_an_image_that_is_not_there_is_named()
    {
        var command = await FailAsync(Serving(Port) with { Lifecycle = new(["/nothing"]) });
        var image = await Assert.ThrowsAsync<RunFaultException>(() => Servers.AcquireAsync(
            Wish(ServiceKinds.Image) with { Runtime = new(ServiceKinds.Image, "oms.yml", "sha256:" + new string('0', 64), "gone:1") }, Cancel));

        Assert.Equal("service_exited", command.Code);
        Assert.Contains("/nothing", command.Detail, StringComparison.Ordinal);
        Assert.Equal("image_missing", image.Fault.Code);
        Assert.Contains("gone:1", image.Fault.Message, StringComparison.Ordinal);
        Assert.Empty(Containers());
    }

    [Fact]
    public async Task What_it_writes_goes_into_the_log_of_each_call_by_its_stream_and_without_the_secrets_of_any()
    {
        var (one, other) = (new CollectedLog(), new CollectedLog());
        var first = new ConnectorOutput(one, null, "service", new OptionMask("""["hunter22"]"""));
        var second = new ConnectorOutput(other, null, "service", new OptionMask("""["swordfish"]"""));
        using (await Servers.AcquireAsync(Wish(ServiceKinds.Image, Serving(Port), output: first), Cancel))
        {
            using var use = await Servers.AcquireAsync(Wish(ServiceKinds.Image, Serving(Port), output: second), Cancel);
            using var http = new HttpClient();

            await http.GetStringAsync(new Uri(use.Server.AddressOf(Port), "/?hunter22-and-swordfish"), Cancel);

            await Wait.ForAsync("both lines in both logs", () => new[] { one, other }.All(l => l.Text.Contains("complained: /?", StringComparison.Ordinal) && l.Text.Contains("said: /?", StringComparison.Ordinal)), Limit);
        }

        Assert.Contains("said: /?***-and-***", one.Text, StringComparison.Ordinal);
        Assert.Contains("complained: /?***-and-***", other.Text, StringComparison.Ordinal);
        Assert.EndsWith("complained: /?***-and-***", second.LastWords, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Its_persistent_volumes_outlive_it_and_the_others_do_not()
    {
        var service = Plain with { Volumes = [new("kept", "/kept", true), new("lost", "/lost", false)] };
        using (var use = await Servers.AcquireAsync(Wish(ServiceKinds.Image, service), Cancel))
        {
            foreach (var folder in (string[])["/kept", "/lost"])
                Assert.Equal(0, (await use.Server.ExecuteAsync(["/service", "write", folder + "/file", "text"], 100, Cancel)).ExitCode);
        }

        await Servers.StopAsync(Cancel);
        var next = StartRunner();
        using (var use = await next.AcquireAsync(Wish(ServiceKinds.Image, service), Cancel))
        {
            Assert.Equal("text", await ReadAsync(use, "/kept/file"));
            Assert.Equal(1, (await use.Server.ExecuteAsync(["/service", "read", "/lost/file"], 100, Cancel)).ExitCode);
        }

        await next.ForgetAsync(Connection, Cancel);
        Assert.DoesNotContain(Connection, Engine.Docker("volume", "ls", "--quiet"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_told_to_end_by_its_own_command_then_by_the_signal()
    {
        var file = "/kept/told";
        var service = Serving(Port, file: file) with { Volumes = [new("kept", "/kept", true)] };
        service = service with { Lifecycle = service.Lifecycle with { Shutdown = Words(ServiceKinds.Image, "write", "/kept/command", "ran") } };
        using (await Servers.AcquireAsync(Wish(ServiceKinds.Image, service), Cancel))
            await Servers.StopAsync(Cancel);

        using var use = await StartRunner().AcquireAsync(Wish(ServiceKinds.Image, Plain with { Volumes = service.Volumes }), Cancel);
        Assert.Equal("told", await ReadAsync(use, file));
        Assert.Equal("ran", await ReadAsync(use, "/kept/command"));
    }

    [Fact]
    public async Task It_is_bound_and_confined()
    {
        using var use = await Servers.AcquireAsync(Wish(ServiceKinds.Image), Cancel);

        Assert.Equal("docker", use.Server.Isolation);
        var host = Inspect().GetProperty("HostConfig");
        Assert.Equal(256 << 20, host.GetProperty("Memory").GetInt64());
        Assert.Equal(64, host.GetProperty("PidsLimit").GetInt32());
        Assert.Equal("ALL", host.GetProperty("CapDrop")[0].GetString());
        Assert.Equal("no-new-privileges", host.GetProperty("SecurityOpt")[0].GetString());
        Assert.Equal("platform", host.GetProperty("NetworkMode").GetString());
        Assert.Equal("1m", host.GetProperty("LogConfig").GetProperty("Config").GetProperty("max-size").GetString());
        Assert.False(host.GetProperty("Privileged").GetBoolean());
    }

    private async Task<RunFault> FailAsync(OmsService service, int startSeconds = 60) =>
        (await Assert.ThrowsAsync<RunFaultException>(() => Servers.AcquireAsync(Wish(ServiceKinds.Image, service, startSeconds: startSeconds), Cancel))).Fault;

    private static async Task<string> ReadAsync(ServerUse<OmsServer> use, string file) =>
        Encoding.UTF8.GetString((await use.Server.ExecuteAsync(["/service", "read", file], 100, Cancel)).Output);

    private JsonElement Inspect() => JsonDocument.Parse(Engine.Docker("inspect", Assert.Single(Containers()))).RootElement[0];
}
