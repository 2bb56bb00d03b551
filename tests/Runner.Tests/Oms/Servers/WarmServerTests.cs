using System.Net;
using System.Net.Sockets;
using Platform.Contracts;
using Platform.Oms;
using Platform.Runner.Drivers.Oms.Servers;
using Platform.Servers;

namespace Platform.Runner.Tests.Oms.Servers;

/// <summary>When a server is started, shared, replaced and ended.</summary>
public sealed class WarmServerTests(ContainerEngineFixture engine, OmsPrograms programs) : ServerTest(engine, programs)
{
    private const int Port = 8080;

    [Fact]
    public async Task Twenty_calls_at_once_share_one_start()
    {
        var uses = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Servers.AcquireAsync(Wish(ServiceKinds.Image), Cancel)));
        var outcomes = await Task.WhenAll(uses.Select(u => u.Server.ExecuteAsync(Words(ServiceKinds.Image, "words", "yes"), 100, Cancel)));

        Assert.All(outcomes, o => Assert.Equal("yes\n"u8, o.Output));
        Assert.Single(uses.Select(u => u.Server).Distinct());
        Assert.Single(Containers());

        foreach (var use in uses)
            use.Dispose();
        using var later = await Servers.AcquireAsync(Wish(ServiceKinds.Image), Cancel);
        Assert.Same(uses[0].Server, later.Server);
    }

    [Theory]
    [InlineData(ServiceKinds.Image)]
    [InlineData(ServiceKinds.Process)]
    public async Task A_server_that_died_is_replaced(string kind)
    {
        var port = kind == ServiceKinds.Image ? Port : FreePorts.Take();
        var service = Serving(port, kind: kind);
        using var first = await Servers.AcquireAsync(Wish(kind, service), Cancel);
        using (var http = new HttpClient())
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => http.GetAsync(new Uri(first.Server.AddressOf(port), "/die"), Cancel));
        await Wait.ForAsync("it has ended", () => first.Server.HasEnded, Limit);

        using var second = await Servers.AcquireAsync(Wish(kind, service), Cancel);

        Assert.NotSame(first.Server, second.Server);
        Assert.Equal("hello", await GetAsync(second.Server.AddressOf(port)));
    }

    [Fact]
    public async Task Other_options_make_another_server_and_end_the_one_before_once_its_calls_have_ended()
    {
        var before = await Servers.AcquireAsync(Wish(ServiceKinds.Image), Cancel);

        using var after = await Servers.AcquireAsync(Wish(ServiceKinds.Image, options: """{"x": 1}"""), Cancel);
        Assert.Equal(0, (await before.Server.ExecuteAsync(Words(ServiceKinds.Image, "words"), 100, Cancel)).ExitCode);
        Assert.Equal(2, Containers().Count);
        before.Dispose();

        await Wait.ForAsync("one container", () => Containers().Count == 1, Limit);
        Assert.False(after.Server.HasEnded);
    }

    [Fact]
    public async Task A_server_that_nobody_uses_ends_after_its_time_and_one_that_is_used_does_not()
    {
        var servers = StartRunner(("Services:IdleSeconds", "1"));
        using var used = await servers.AcquireAsync(Wish(ServiceKinds.Image), Cancel);
        var idle = await servers.AcquireAsync(OfAnother(), Cancel);
        idle.Dispose();

        await Wait.ForAsync("it has ended", () => idle.Server.HasEnded, Limit);
        Assert.False(used.Server.HasEnded);
        Assert.Single(Containers());
    }

    [Fact]
    public async Task For_one_more_than_may_be_warm_the_one_ends_that_was_used_longest_ago_and_a_call_waits_while_all_are_used()
    {
        var servers = StartRunner(("Services:MaxWarm", "2"));
        var oldest = await servers.AcquireAsync(OfAnother(), Cancel);
        var newer = await servers.AcquireAsync(OfAnother(), Cancel);
        oldest.Dispose();
        newer.Dispose();

        using var third = await servers.AcquireAsync(OfAnother(), Cancel);
        await Wait.ForAsync("the oldest has ended", () => oldest.Server.HasEnded, Limit);
        Assert.False(newer.Server.HasEnded);

        using var fourth = await servers.AcquireAsync(OfAnother(), Cancel);
        var busy = await Assert.ThrowsAsync<RunFaultException>(() => servers.AcquireAsync(OfAnother(startSeconds: 1), Cancel));
        Assert.Equal(("services_busy", true), (busy.Fault.Code, busy.Fault.Transient));
        var waiting = servers.AcquireAsync(OfAnother(), Cancel);
        Assert.False(waiting.IsCompleted);
        third.Dispose();
        (await waiting).Dispose();
    }

    [Fact]
    public async Task With_its_connection_or_its_runner_a_server_ends_whoever_uses_it()
    {
        using var forgotten = await Servers.AcquireAsync(Wish(ServiceKinds.Image), Cancel);
        await Servers.ForgetAsync(Connection, Cancel);
        Assert.Empty(Containers());

        var stopped = StartRunner();
        using var replaced = await stopped.AcquireAsync(Wish(ServiceKinds.Image), Cancel);
        using var use = await stopped.AcquireAsync(Wish(ServiceKinds.Image, options: """{"x": 1}"""), Cancel);
        Assert.Equal(2, Containers().Count);
        await stopped.StopAsync(Cancel);
        Assert.Empty(Containers());
    }

    [Fact]
    public async Task Processes_that_want_the_same_port_take_turns_and_never_answer_for_each_other()
    {
        var port = FreePorts.Take();
        var service = Serving(port, kind: ServiceKinds.Process);
        var first = await Servers.AcquireAsync(Wish(ServiceKinds.Process, service), Cancel);

        var taken = await Assert.ThrowsAsync<RunFaultException>(() => Servers.AcquireAsync(OfAnother(1, ServiceKinds.Process, service), Cancel));
        Assert.Equal(("service_port_taken", true), (taken.Fault.Code, taken.Fault.Transient));
        Assert.Contains($"port {port}", taken.Fault.Message, StringComparison.Ordinal);

        // Also of the same connection, with other options.
        var changed = Servers.AcquireAsync(Wish(ServiceKinds.Process, service, """{"x": 1}"""), Cancel);
        Assert.False(changed.IsCompleted);
        first.Dispose();
        using (var second = await changed)
            Assert.NotSame(first.Server, second.Server);
        Assert.True(first.Server.HasEnded);

        using var third = await Servers.AcquireAsync(OfAnother(60, ServiceKinds.Process, service), Cancel);
        Assert.Equal("hello", await GetAsync(third.Server.AddressOf(port)));
    }

    [Fact]
    public async Task A_process_whose_port_somebody_else_has_is_not_started()
    {
        using var somebody = new TcpListener(IPAddress.Loopback, 0);
        somebody.Start();
        var port = ((IPEndPoint)somebody.LocalEndpoint).Port;

        var taken = await Assert.ThrowsAsync<RunFaultException>(() => Servers.AcquireAsync(Wish(ServiceKinds.Process, Serving(port, kind: ServiceKinds.Process)), Cancel));

        Assert.Equal(("service_port_taken", true), (taken.Fault.Code, taken.Fault.Transient));
    }

    private OmsServerWish OfAnother(int startSeconds = 60, string kind = ServiceKinds.Image, OmsService? service = null)
    {
        var wish = Wish(kind, service, startSeconds: startSeconds);
        return new(wish.Launch with { Connection = Guid.CreateVersion7().ToString() }, wish.Options, wish.Service, wish.Runtime);
    }

    private static async Task<string> GetAsync(Uri address)
    {
        using var http = new HttpClient();
        return await http.GetStringAsync(address, Cancel);
    }
}
