namespace Platform.Oms.Tests;

public sealed class EventTests
{
    private static OmsEvent Event(string action) => Assert.Single(Sample.WithAction(action).Events);

    [Fact]
    public void An_event_has_ends_to_subscribe_at_and_is_no_action()
    {
        var service = Sample.WithAction(
            """
            events:
              tick:
                help: Ticks.
                arguments: {pattern: {type: string, in: requestBody, required: true}}
                output: {type: object, properties: {at: {type: string}}}
                http:
                  port: 80
                  subscribe: {method: post, path: /on}
                  unsubscribe: {method: delete, path: /off}
            """);

        var tick = Assert.Single(service.Events);
        Assert.Empty(service.Actions);
        Assert.Empty(service.Warnings);
        Assert.Equal(("tick", "a", "Ticks.", null), (tick.Name, tick.Action, tick.Help, tick.Unusable));
        Assert.Equal((new OmsHttp("POST", 80, "/on", null, OmsHttp.Json), new OmsHttp("DELETE", 80, "/off", null, OmsHttp.Json)), (tick.Subscribe, tick.Unsubscribe));
        Assert.Equal(new OmsArgument("pattern", "string", Required: true), Assert.Single(tick.Arguments));
        Assert.Equal("at", Assert.Single(tick.Output.Properties!).Name);
    }

    [Theory]
    [InlineData("events: {e: {http: {port: 80, path: /on, method: put}}}", "PUT", false)]
    [InlineData("events: {e: {http: {port: 80, subscribe: {path: /on}}}}", "POST", false)]
    [InlineData("http: {port: 80, subscribe: {path: /on, method: post}, unsubscribe: {path: /off, method: post}}\nevents: {e: {output: any}}", "POST", true)]
    [InlineData("run: {command: [node, app.js], port: 80}\nevents: {e: {http: {path: /on, method: post}}}", "POST", false)]
    [InlineData("events:\n- name: e\n  http: {port: 80, subscribe: {path: /on, method: post}}", "POST", false)]
    public void Older_shapes_are_understood_with_a_warning(string action, string method, bool unsubscribe)
    {
        var service = Sample.WithAction(action);

        var e = Assert.Single(service.Events);
        Assert.Equal((new OmsHttp(method, 80, "/on", null, OmsHttp.Json), unsubscribe), (e.Subscribe, e.Unsubscribe is not null));
        Assert.Empty(service.Actions);
        Assert.NotEmpty(service.Warnings);
    }

    [Theory]
    [InlineData("events: {e: {}}", "no http")]
    [InlineData("events: {e: }", "Nothing is said")]
    [InlineData("events: {e: text}", "Nothing is said")]
    [InlineData("events: {e: {http: {port: 80}}}", "no subscribe")]
    [InlineData("events: {e: {http: {port: 80, subscribe: {method: post}}}}", "neither path nor url")]
    [InlineData("events: {e: {http: {subscribe: {method: post, path: /}}}}", "no port")]
    [InlineData("events: {e: {http: {port: 80, subscribe: {method: post, path: '/{x}'}}}}", "name in braces")]
    [InlineData("events: {e: {http: {port: 80, subscribe: {method: head, path: /}}}}", "no method of")]
    public void What_can_not_be_subscribed_to_is_unusable(string action, string reason)
    {
        Assert.Contains(reason, Event(action).Unusable, StringComparison.Ordinal);
        Assert.Contains("unusable_event", Sample.Codes(Sample.WithAction(action)));
    }

    [Fact]
    public void Without_a_usable_unsubscribe_there_is_none()
    {
        const string action = "events: {e: {http: {port: 80, subscribe: {method: post, path: /}, unsubscribe: {method: get}}}}";

        Assert.Equal((null, null), (Event(action).Unusable, Event(action).Unsubscribe));
        Assert.Equal(["no_unsubscribe"], Sample.Codes(Sample.WithAction(action)));
    }

    [Fact]
    public void An_action_may_have_events_beside_its_interface_and_equal_names_are_told()
    {
        const string events = "events: {e: {http: {port: 80, subscribe: {method: post, path: /}}}}";
        var service = Sample.Of($"actions:\n  a: {{http: {{method: get, port: 80, path: /}}, {events}}}\n  b: {{{events}}}\n");

        Assert.Equal("a", Assert.Single(service.Actions).Name);
        Assert.Equal([("a", "e"), ("b", "e")], service.Events.Select(e => (e.Action, e.Name)));
        Assert.Equal(["duplicate_event"], Sample.Codes(service));
    }

    [Fact]
    public void A_server_that_an_old_file_starts_per_event_is_the_startup_of_one_that_has_none()
    {
        const string action = "run: {command: node app.js, port: 80}\nevents: {e: {http: {path: /on, method: post}}}";

        Assert.Equal(["node", "app.js"], Sample.WithAction(action).Lifecycle.Startup);
        Assert.Equal(["own"], Sample.Of("lifecycle: {startup: {command: own}}\nactions:\n  a:\n    " + action.ReplaceLineEndings("\n    ")).Lifecycle.Startup);
    }
}
