namespace Platform.Cli.Tests;

public sealed class SubscriptionTests
{
    private const string Id = "0199a1b2-0000-7000-8000-000000000007";
    private const string Subscription = $$"""
        {"id":"{{Id}}","connection":"chat","event":"message","arguments":{"room":"one"},"state":"failing","error":{"code":"subscribe_failed","message":"it said 500"},"received":3,"last_received_at":"2026-01-02T02:00:00Z","actor":null,"created_at":"2026-01-01T00:00:00Z"}
        """;

    [Fact]
    public async Task One_is_created_with_its_arguments()
    {
        await using var stub = (await StubGateway.StartAsync()).On("POST /v1/connections/chat/subscriptions", Subscription, 201);

        var answer = await Cli.RunAsync(stub.Url, "subscriptions", "create", "chat", "message", "room=one");

        Assert.Equal(new Answer(0, $"Subscription {Id} to message is failing. See it: platform subscriptions show chat {Id}", ""), answer);
        Assert.Equal("""{"event":"message","arguments":{"room":"one"}}""", stub.Requests.Last().Body);
    }

    [Fact]
    public async Task They_are_listed_shown_and_deleted()
    {
        await using var stub = (await StubGateway.StartAsync())
            .On("GET /v1/connections/chat/subscriptions", $$"""{"items":[{{Subscription}}],"next":null}""")
            .On($"GET /v1/connections/chat/subscriptions/{Id}", Subscription)
            .On($"DELETE /v1/connections/chat/subscriptions/{Id}", context =>
            {
                context.Response.StatusCode = 204;
                return Task.CompletedTask;
            });

        Assert.Equal(
            $$"""
            id	event	state	received	last	arguments	error
            {{Id}}	message	failing	3	2026-01-02 02:00:00Z	{"room":"one"}	subscribe_failed
            """,
            (await Cli.RunAsync(stub.Url, "subscriptions", "list", "chat")).Output.TrimEnd('\n'));
        Assert.Contains("it said 500", (await Cli.RunAsync(stub.Url, "subscriptions", "show", "chat", Id)).Output, StringComparison.Ordinal);
        Assert.Equal(new Answer(0, $"Deleted subscription {Id}.", ""), await Cli.RunAsync(stub.Url, "subscriptions", "delete", "chat", Id));
    }
}
