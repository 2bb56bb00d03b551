using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Platform.Ingest.V1;
using Platform.Oms;
using Platform.Runner.Drivers.Oms;
using Platform.Servers;

namespace Platform.Runner.Tests.Subscriptions;

/// <summary>What a connector publishes becomes objects, for as long as somebody wants it to.</summary>
public sealed class SubscriptionTests(ServersFixture servers, GoConnectors connectors) : RunnerTest(servers, connectors)
{
    private static readonly TimeSpan ListenTimeout = TimeSpan.FromSeconds(60);
    private const string Subscriptions = "/v1/connections/chat/subscriptions";
    private Publisher publisher = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await runner.DisposeAsync();
        publisher = await Publisher.StartAsync();
        var bundle = publisher.Bundle(Path.Combine(data, "chat"));
        peers.Registry.Add("chat", peers.Bundles.Add(bundle), "", "{}", "chat");
        using var description = File.OpenRead(Path.Combine(bundle, "oms.yml"));
        var specification = OmsSpecification.Of(OmsReader.Read("oms.yml", description), out _);
        (peers.Registry.Connections["chat"].Start.Protocol, peers.Registry.Connections["chat"].Specification) = ("oms", ByteString.CopyFrom(specification.ToJson()));
        runner = await StartListeningAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await publisher.DisposeAsync();
    }

    [Fact]
    public async Task Events_become_objects_of_their_stream_and_are_taken_once_they_are_committed()
    {
        var id = await SubscribeAsync();
        var asked = await SubscribedAsync(1);
        Assert.Equal((id, "message", "one"), (asked.GetProperty("id").GetString(), asked.GetProperty("event").GetString(), asked.GetProperty("data").GetProperty("room").GetString()));

        Assert.Equal(HttpStatusCode.OK, await publisher.DeliverAsync(asked, """{"specversion":"1.0","id":"7","source":"/chat","type":"said","data":{"text":"hello"}}""", "application/cloudevents+json"));
        var page = Assert.Single(peers.Ingest.Messages);
        Assert.Equal(("message", true), (page.Stream, page.Flush));
        var said = Assert.Single(peers.Ingest.Pages.Single().Objects);
        Assert.Equal(("/chat#7", "said", "/chat"), (said.RemoteId.ToStringUtf8(), said.ResourceName.ToStringUtf8(), said.Uri.ToStringUtf8()));
        Assert.Equal("hello", JsonElement.Parse(said.Metadata.ToStringUtf8()).GetProperty("data").GetProperty("text").GetString());
        Assert.Equal(RunKind.Listen, Assert.Single(peers.Ingest.Opens).Run.Kind);

        // What Ingest does not take the service is not told to forget: it is subscribed to anew, and may deliver again.
        var refusals = 0;
        peers.Ingest.OnPage = _ =>
        {
            if (refusals++ == 0)
                throw new RpcException(new(StatusCode.Unavailable, "away"));
        };
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await publisher.DeliverAsync(asked, """{"data":"lost?"}"""));
        Assert.Equal(HttpStatusCode.OK, await publisher.DeliverAsync(await SubscribedAsync(2), """{"data":"lost?"}"""));
        Assert.Equal(2, peers.Ingest.Pages.Count);
        await Wait.ForAsync("the count is shown", async () => (await GetAsync(id)).GetProperty("received").GetInt64() == 2, ListenTimeout);
    }

    [Fact]
    public async Task It_survives_the_death_of_its_Runner_under_a_newer_fence()
    {
        var id = await SubscribeAsync();
        var first = await SubscribedAsync(1);
        runner.Signal("KILL");
        await runner.WaitForExitAsync();
        await runner.DisposeAsync();
        runner = await StartListeningAsync();

        var second = await SubscribedAsync(2);
        Assert.Equal(id, second.GetProperty("id").GetString());
        Assert.NotEqual(first.GetProperty("endpoint").GetString(), second.GetProperty("endpoint").GetString());
        Assert.Equal(HttpStatusCode.OK, await publisher.DeliverAsync(second, """{"data":1}"""));
        Assert.Equal(2, peers.Ingest.Opens.Count);
        Assert.Equal(peers.Ingest.Opens.First().Run.RunId, peers.Ingest.Opens.Last().Run.RunId);
        Assert.True(peers.Ingest.Opens.Last().Run.Fence > peers.Ingest.Opens.First().Run.Fence);
    }

    [Fact]
    public async Task One_that_fails_says_why_and_is_tried_again_and_one_that_is_deleted_ends_at_the_service_too()
    {
        publisher.Status = 500;
        var id = await SubscribeAsync();
        await Wait.ForAsync("it fails", async () => (await GetAsync(id)).GetProperty("state").GetString() == "failing", ListenTimeout);
        var error = (await GetAsync(id)).GetProperty("error");
        Assert.Equal("subscribe_failed", error.GetProperty("code").GetString());
        Assert.Contains("500: not now", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        publisher.Status = 200;
        await Wait.ForAsync("it listens", async () => (await GetAsync(id)).GetProperty("state").GetString() == "listening", ListenTimeout);

        using var answer = await runner.Client.DeleteAsync($"{Subscriptions}/{id}", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        await Wait.ForAsync("the service is told", () => publisher.Requests.Any(r => r.Path == "/unsubscribe" && r.Body.GetProperty("id").GetString() == id), ListenTimeout);
        await Wait.ForAsync("its run is decided", () => !peers.Ingest.Closes.IsEmpty, ListenTimeout);
        Assert.Equal((RunKind.Listen, Outcome.Cancelled), (peers.Ingest.Closes.Single().Run.Kind, peers.Ingest.Closes.Single().Outcome));
    }

    [Fact]
    public async Task What_can_t_be_subscribed_to_is_refused_with_all_reasons_and_the_same_again_is_the_one_that_stands()
    {
        Assert.Equal((404, "unknown_event"), await RefusedAsync("whisper", new { }));
        Assert.Equal((422, "invalid_subscription"), await RefusedAsync("message", new { rooms = "one" }));
        var id = await SubscribeAsync();
        using var again = await PostAsync("message", new { room = "one" });
        Assert.Equal((HttpStatusCode.OK, id), (again.StatusCode, (await again.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("id").GetString()));
        Assert.NotEqual(id, await SubscribeAsync("two"));
        using var gone = await runner.Client.GetAsync($"{Subscriptions}/{Guid.NewGuid()}", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
        var all = (await runner.Client.GetFromJsonAsync<JsonElement>(Subscriptions, TestContext.Current.CancellationToken)).GetProperty("items");
        Assert.Equal(2, all.GetArrayLength());
    }

    private Task<RunnerProcess> StartListeningAsync() => StartAsync(("Outbound__Allow__0", "127.0.0.1"));

    private Task<HttpResponseMessage> PostAsync(string name, object arguments) =>
        runner.Client.PostAsJsonAsync(Subscriptions, new { @event = name, arguments }, TestContext.Current.CancellationToken);

    private async Task<string> SubscribeAsync(string room = "one")
    {
        using var answer = await PostAsync("message", new { room });
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("id").GetString()!;
    }

    private async Task<(int, string?)> RefusedAsync(string name, object arguments)
    {
        using var answer = await PostAsync(name, arguments);
        return ((int)answer.StatusCode, (await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("code").GetString());
    }

    /// <summary>The last subscription that the service was asked for, once there were so many.</summary>
    private async Task<JsonElement> SubscribedAsync(int count)
    {
        await Wait.ForAsync($"the service is subscribed to {count} times", () => publisher.Subscribed.Count >= count, ListenTimeout);
        return publisher.Subscribed[^1];
    }

    private Task<JsonElement> GetAsync(string id) => runner.Client.GetFromJsonAsync<JsonElement>($"{Subscriptions}/{id}", TestContext.Current.CancellationToken);
}
