using System.Text.Json;
using Grpc.Core;
using Platform.Servers;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Platform.Runner.Tests;

/// <summary>Progress, and why nothing moves; each cause is made for real.</summary>
public sealed class WaitingForTests(ServersFixture servers, GoConnectors connectors) : RunnerTest(servers, connectors)
{
    private static readonly TimeSpan NewsInterval = TimeSpan.FromSeconds(1);
    // What a loaded machine may shift between two publications and their arrivals.
    private static readonly TimeSpan Shift = TimeSpan.FromMilliseconds(400);

    [Fact]
    public async Task While_objects_come_a_run_tells_its_rate_and_waits_for_nothing_and_events_tell_it_once_a_second()
    {
        List<(DateTimeOffset At, JsonElement Event)> news = [];
        await using var broker = await new ConnectionFactory { Uri = new(Servers.RabbitMqUri) }.CreateConnectionAsync(TestContext.Current.CancellationToken);
        await using var channel = await broker.CreateChannelAsync(cancellationToken: TestContext.Current.CancellationToken);
        var queue = (await channel.QueueDeclareAsync(cancellationToken: TestContext.Current.CancellationToken)).QueueName;
        await channel.QueueBindAsync(queue, "platform.events", "sync.progressed.#", cancellationToken: TestContext.Current.CancellationToken);
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, e) =>
        {
            lock (news)
                news.Add((DateTimeOffset.UtcNow, JsonDocument.Parse(e.Body.ToArray()).RootElement));
            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync(queue, autoAck: true, consumer, TestContext.Current.CancellationToken);
        var id = await StartRunAsync("""{"mode": "steady"}""");

        await Wait.ForAsync("a rate", async () => await runner.RunAsync(id) is var run && run.GetProperty("objects_per_second").GetDouble() > 0
            && run.GetProperty("waiting_for").ValueKind == JsonValueKind.Null && run.GetProperty("bytes").GetInt64() > 0, RunTimeout);
        await Wait.ForAsync("news", () => Mine(id).Count >= 3, RunTimeout);
        await CancelAsync(id);

        Assert.Equal(0, (await runner.RunAsync(id)).GetProperty("objects_per_second").GetDouble());
        var told = Mine(id);
        Assert.All(told.Zip(told.Skip(1)), pair => Assert.True(pair.Second.At - pair.First.At > NewsInterval - Shift));
        Assert.Contains(told, e => e.Event.GetProperty("stage").GetString() == "syncing" && e.Event.GetProperty("bytes").GetInt64() > 0 && e.Event.GetProperty("objects_per_second").GetDouble() > 0);

        List<(DateTimeOffset At, JsonElement Event)> Mine(string run)
        {
            lock (news)
                return [.. news.Where(e => e.Event.GetProperty("run_id").GetString() == run)];
        }
    }

    [Fact]
    public async Task A_connector_that_sends_nothing_is_waited_for()
    {
        var id = await StartRunAsync("""{"mode": "hang"}""");

        await WaitForAsync(id, "connector", "syncing");
        await CancelAsync(id);
        Assert.Equal(JsonValueKind.Null, (await runner.RunAsync(id)).GetProperty("waiting_for").ValueKind);
    }

    [Fact]
    public async Task A_connector_that_does_not_get_ready_is_waited_for()
    {
        peers.Registry.Add("slow", peers.Bundles.Add(Connectors.Crash), "./crash-go no-handshake", "{}");
        var id = Id(await runner.StartRunAsync("slow"));

        await WaitForAsync(id, "connector", "starting");
        await CancelAsync(id);
    }

    [Fact]
    public async Task An_ingest_that_does_not_answer_a_page_is_waited_for()
    {
        using var answers = new ManualResetEventSlim();
        peers.Ingest.OnPage = _ => answers.Wait(RunTimeout);
        var id = await StartRunAsync("""{"mode": "no-clean"}""");

        await WaitForAsync(id, "ingest", "syncing");
        answers.Set();
        await runner.WaitForStateAsync(id, RunTimeout, "succeeded");
    }

    [Theory]
    [InlineData("silence", "ingest")]
    [InlineData(null, "ingest")]
    [InlineData("database_unavailable", "database")]
    public async Task A_decision_that_is_not_to_be_had_says_what_it_waits_for(string? code, string waitingFor)
    {
        var away = true;
        using var back = new ManualResetEventSlim();
        peers.Ingest.OnClose = _ =>
        {
            if (code == "silence")
                back.Wait(RunTimeout);
            else if (Volatile.Read(ref away))
                throw code is null ? new RpcException(new(StatusCode.Unavailable, "away")) : PeerProblem.Of(StatusCode.Unavailable, code, 503);
        };
        var id = await StartRunAsync("""{"mode": "no-clean"}""");

        await WaitForAsync(id, waitingFor, "closing");
        Volatile.Write(ref away, false);
        back.Set();
        await runner.WaitForStateAsync(id, RunTimeout, "succeeded");
    }

    [Fact]
    public async Task A_run_whose_wake_up_could_not_be_published_waits_for_the_broker()
    {
        using var wire = new CutWire(new(Servers.RabbitMqUri));
        await runner.DisposeAsync();
        var throughWire = new UriBuilder(Servers.RabbitMqUri) { Host = "127.0.0.1", Port = new Uri(wire.Address).Port }.Uri.ToString();
        runner = await RunnerProcess.StartAsync(peers, database, throughWire, data, temporary);
        var first = await StartRunAsync("""{"mode": "hang"}""");
        await runner.WaitForStateAsync(first, RunTimeout, "running");

        wire.Cut();
        var second = await runner.StartRunAsync("c");

        Assert.Equal(("queued", "broker"), (second.GetProperty("state").GetString(), second.GetProperty("waiting_for").GetString()));
        await CancelAsync(first);
        await WaitForAsync(Id(second), "connector", "syncing");
    }

    private Task WaitForAsync(string id, string waitingFor, string stage) => Wait.ForAsync($"{stage}, waiting for {waitingFor}", async () =>
        await runner.RunAsync(id) is var run && run.GetProperty("waiting_for").GetString() == waitingFor && run.GetProperty("stage").GetString() == stage, RunTimeout);
}
