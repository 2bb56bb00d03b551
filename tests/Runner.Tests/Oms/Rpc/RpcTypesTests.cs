using System.Text.Json;
using System.Text.Json.Nodes;

namespace Platform.Runner.Tests.Oms.Rpc;

/// <summary>Arguments become messages and answers JSON as Google's own library has it, which the peer asks about each of them.</summary>
public sealed class RpcTypesTests(RpcPeers peers) : IClassFixture<RpcPeers>, IAsyncLifetime
{
    private RpcCalls calls = null!;

    public ValueTask InitializeAsync()
    {
        calls = new(peers, peers.EverythingPort) { Descriptors = RpcPeers.Everything };
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        calls.Dispose();
        return ValueTask.CompletedTask;
    }

    public static TheoryData<string> Messages =>
    [
        "{}",
        """{"aDouble": 1.5, "aFloat": 0.1, "anInt32": -2147483648, "anInt64": "-9223372036854775808", "aUint32": 4294967295, "aUint64": "18446744073709551615"}""",
        """{"a_double": -0.0, "a_float": 3.4028234e38, "an_int32": 2147483647, "an_int64": 9223372036854775807, "a_uint32": "7", "a_uint64": 18446744073709551615}""",
        """{"aSint32": -5, "aSint64": "-6", "aFixed32": 4294967295, "aFixed64": "18446744073709551615", "aSfixed32": -9, "aSfixed64": "-10"}""",
        """{"aDouble": "NaN", "aFloat": "-Infinity", "doubles": ["Infinity", 1e308, "1.5", 5e-324]}""",
        """{"anInt32": 1.0, "anInt64": 1e3, "aUint32": "20"}""",
        """{"aBool": true, "aString": "ä \u0000 \ud83d\ude00 \" \\ <&>", "someBytes": "AAEC/w==", "colour": "RED", "inner": {"name": "n", "size": 1, "more": [{}, {"more": [{"name": "deep"}]}]}}""",
        """{"someBytes": "-_-_", "blobs": ["", "AA", "AAE=", "+/+/"], "colour": 2, "colours": ["VERT", "GREEN", 0, -1, 99]}""",
        """{"calledOtherwise": "x", "numbers": [1, -1, 0], "unpacked": [5, 6], "words": ["", "b"], "inners": [{}, {"size": 3}], "flags": [true, false], "signed": ["-1", 2]}""",
        """{"renamed": "by its first name", "numbers": [], "words": null}""",
        """{"byString": {"": "empty", "a b": "c"}, "byInt32": {"-1": {"name": "x"}}, "byInt64": {"-9223372036854775808": "9"}, "byUint32": {"4294967295": true}}""",
        """{"byUint64": {"18446744073709551615": 0.5}, "bySint32": {"-3": "AA=="}, "bySint64": {"-4": "RED"}, "byFixed32": {"5": "f"}, "byFixed64": {"6": "g"}}""",
        """{"bySfixed32": {"-7": "h"}, "bySfixed64": {"-8": "i"}, "byBool": {"true": "yes", "false": "no"}, "byInt32": {"0": {}}}""",
        """{"chosenNumber": 0}""",
        """{"chosenText": "", "chosenNumber": null}""",
        """{"chosenInner": {}}""",
        """{"chosenNothing": null}""",
        """{"maybeInt32": 0, "maybeString": "", "maybeColour": "COLOUR_UNSPECIFIED", "maybeBool": false}""",
        """{"at": "2026-01-31T12:34:56.789Z", "times": ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "1969-12-31T23:59:59.5Z", "2026-01-31T12:00:00+02:30"]}""",
        """{"lasts": "-1.5s", "mask": "aDouble,inner.name,someBytes"}""",
        """{"lasts": "315576000000s", "mask": ""}""",
        """{"lasts": "-0.000000001s"}""",
        """{"loose": {"a": 1, "b": [null, true, "x", {"c": -2.5}], "": {}}, "anything": null, "list": [1, [], {}]}""",
        """{"anything": {"deep": [1]}, "values": {"n": null, "s": "t"}}""",
        """{"any": {"@type": "type.googleapis.com/platform.test.everything.Inner", "name": "in an any", "more": [{}]}}""",
        """{"any": {"@type": "type.googleapis.com/google.protobuf.Duration", "value": "3s"}, "empty": {}}""",
        """{"anys": [{"@type": "type.googleapis.com/google.protobuf.Any", "value": {"@type": "type.googleapis.com/google.protobuf.Int64Value", "value": "5"}}, {}]}""",
        """{"any": {"@type": "type.googleapis.com/google.protobuf.Struct", "value": {"a": [1]}}}""",
        """{"doubleValue": 0, "floatValue": "NaN", "int64Value": "0", "uint64Value": "1", "int32Value": 0, "uint32Value": 5, "boolValue": false, "stringValue": "", "bytesValue": ""}""",
        """{"int64Value": null, "again": {"again": {"maybeBool": true, "byString": {"k": "v"}}}}""",
    ];

    [Theory, MemberData(nameof(Messages))]
    public Task A_message_is_what_the_peers_library_makes_of_the_same_json(string json) => CompareAsync("Parse", "Echo", json);

    [Theory]
    [InlineData("""{"id": ""}""")]
    [InlineData("""{"id": "a", "size": 0, "loose": [1, 2], "packed": [3, 4], "mark": "TICK"}""")]
    [InlineData("""{"id": "a", "part": {"label": "l", "marks": ["TICK", "CROSS"]}, "piece": [{"number": 1}, {"number": 2}]}""")]
    [InlineData("""{"id": "a", "part": {}, "below": {"id": "b", "below": {"id": "c"}}}""")]
    public Task Proto2_with_its_groups_is_too(string json) => CompareAsync("ParseOld", "EchoOld", json);

    [Fact]
    public async Task Messages_that_are_not_objects_in_json_are_named_value()
    {
        Assert.Equal("{}", await calls.ResultAsync("Nothing", "{}"));
        Assert.Equal("\"2001-09-09T01:46:41.500Z\"", await calls.ResultAsync("Later", """{"value": "1.5s"}"""));
        Assert.Equal("""{"a":[1,null]}""", await calls.ResultAsync("Loose", """{"a": [1, null]}"""));
        var error = await calls.ErrorAsync("Later", """{"value": "soon", "x": 1}""");
        Assert.Equal(["x", "value"], error.Violations.Select(v => v.Field));
    }

    private async Task CompareAsync(string parse, string echo, string json)
    {
        var theirs = Parsed(await calls.ResultAsync(parse, new JsonObject { ["json"] = json }.ToJsonString()));
        var ours = Parsed(await calls.ResultAsync(echo, json));

        // What of our request arrived, and what of the answer we read; a map has no order.
        Same(Parsed(theirs["json"]!.GetValue<string>()), Parsed(ours["json"]!.GetValue<string>()));
        Same(Parsed(theirs["json"]!.GetValue<string>()), ours["message"]!);
    }

    private static void Same(JsonNode expected, JsonNode actual)
    {
        var (wanted, found) = (Normal(expected), Normal(actual));
        Assert.True(JsonNode.DeepEquals(wanted, found), $"expected {wanted}\nactual {found}");
    }

    private static JsonNode Parsed(string json) => JsonNode.Parse(json)!;

    /// <summary>Numbers as .NET writes them: 1.0 and 1 are the same.</summary>
    private static JsonNode? Normal(JsonNode? node) => node switch
    {
        // In proto2 the peer's library leaves empty lists out where it leaves defaults out.
        JsonObject members => new JsonObject(members.Where(m => m.Value is not JsonArray { Count: 0 }).Select(m => KeyValuePair.Create(m.Key, Normal(m.Value)))),
        JsonArray items => new JsonArray([.. items.Select(Normal)]),
        JsonValue value when value.GetValueKind() == JsonValueKind.Number => JsonValue.Create(double.Parse(value.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture)),
        _ => node?.DeepClone(),
    };
}
