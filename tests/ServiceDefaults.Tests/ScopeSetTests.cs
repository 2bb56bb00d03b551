namespace Platform.ServiceDefaults.Tests;

public sealed class ScopeSetTests
{
    [Theory]
    [InlineData("runs:read", "runs:read", "orders", true)]
    [InlineData("admin", "runs:read", "orders", true)]
    [InlineData("runs:read", "runs:start", "orders", false)]
    [InlineData("runs:read:orders", "runs:read", "orders", true)]
    [InlineData("runs:read:orders", "runs:read", "orders2", false)]
    [InlineData("runs:read:orders", "runs:read", "Orders", false)]
    [InlineData("runs:read:orders-*", "runs:read", "orders-eu", true)]
    [InlineData("runs:read:orders-*", "runs:read", "orders", false)]
    [InlineData("runs:read:*", "runs:read", "anything", true)]
    [InlineData("admin:orders", "runs:read", "orders", false)]
    [InlineData("runs:read:orders/x", "runs:read", "orders", false)]
    [InlineData("runs:read:", "runs:read", "", false)]
    [InlineData("runs:read:o?ders", "runs:read", "orders", false)]
    public void A_scope_covers_the_connections_that_its_pattern_names(string held, string asked, string connection, bool allowed) =>
        Assert.Equal(allowed, ScopeSet.Of([held]).Allows(asked, connection));

    [Theory]
    [InlineData("actions:invoke:orders/close_*", "close_all", true)]
    [InlineData("actions:invoke:orders/close_*", "open", false)]
    [InlineData("actions:invoke:orders/*", "open", true)]
    [InlineData("actions:invoke:orders", "open", true)]
    [InlineData("actions:invoke:*/open", "open", true)]
    [InlineData("actions:invoke:order/open", "open", false)]
    public void An_action_can_be_named(string held, string action, bool allowed) =>
        Assert.Equal(allowed, ScopeSet.Of([held]).Allows("actions:invoke", "orders", action));

    [Fact]
    public void One_action_is_not_the_connection()
    {
        var held = ScopeSet.Of(["actions:invoke:orders/close_*"]);
        Assert.False(held.Allows("actions:invoke", "orders"));
        Assert.True(held.AllowsSome("actions:invoke", "orders"));
        Assert.False(held.AllowsSome("actions:invoke", "bills"));
        Assert.True(ScopeSet.Of(["actions:invoke:orders/*"]).Allows("actions:invoke", "orders"));
        Assert.Equal([("orders", "close_*")], held.ActionsOf("actions:invoke"));
    }

    [Fact]
    public void A_restricted_scope_is_not_the_scope_everywhere()
    {
        var held = ScopeSet.Of(["runs:read:orders", "runs:read:bills-*", "objects:read"]);
        Assert.False(held.Allows("runs:read"));
        Assert.True(held.AllowsSome("runs:read"));
        Assert.False(held.AllowsSome("runs:start"));
        Assert.Equal(["orders", "bills-*"], held.ConnectionsOf("runs:read"));
        Assert.Null(held.ConnectionsOf("objects:read"));
        Assert.Empty(held.ConnectionsOf("runs:start")!);
    }
}
