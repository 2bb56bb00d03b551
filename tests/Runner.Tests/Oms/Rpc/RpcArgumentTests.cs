using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Platform.Runner.Drivers.Oms.Rpc;
using Platform.ServiceDefaults;

namespace Platform.Runner.Tests.Oms.Rpc;

/// <summary>What is no message is refused before anything is sent; what a service sends is taken for nothing but bytes.</summary>
public sealed class RpcArgumentTests(RpcPeers peers) : IClassFixture<RpcPeers>
{
    private readonly RpcTypes types = RpcTypes.Read(File.ReadAllBytes(Path.Combine(peers.Folder, RpcPeers.Everything)));

    private MessageDescriptor Everything => types.Find("platform.test.everything.Everything")!;

    [Fact]
    public void All_that_is_wrong_is_found_at_once_with_its_path()
    {
        var violations = Refused("""
            {
              "anInt32": 2147483648, "aUint32": -1, "anInt64": "9223372036854775808", "aUint64": 1.5, "aSint32": "", "aFixed32": " 1", "aFloat": 1e39, "aDouble": "1e999", "aBool": "true",
              "aString": 5, "someBytes": "!", "colour": "PINK", "inner": {"nome": 1, "more": [{"size": "x"}, 7]}, "unknown": 1, "again": {"again": {"aBool": 1}},
              "numbers": 5, "words": [null], "byInt32": {"x": {}}, "byBool": {"yes": ""}, "byUint64": {"-1": 1}, "byString": [], "chosenNumber": 1, "chosenText": "t",
              "a_sint64": 1, "aSint64": 2, "at": "yesterday", "lasts": "1.5", "mask": "a_b", "loose": [], "list": {}, "any": {"x": 1}, "anys": [{"@type": "x/platform.Unknown"}],
              "times": ["2026-02-30T00:00:00Z", "2026-01-01 00:00:00Z", "10000-01-01T00:00:00Z"], "stringValue": 1, "calledOtherwise": "a", "renamed": "b", "empty": {"x": 1}
            }
            """);

        Assert.Equal(
            [
                "anInt32", "aUint32", "anInt64", "aUint64", "aSint32", "aFixed32", "aFloat", "aDouble", "aBool", "aString", "someBytes", "colour", "inner.nome", "inner.more[0].size", "inner.more[1]",
                "unknown", "again.again.aBool", "numbers", "words[0]", "byInt32.x", "byBool.yes", "byUint64.-1", "byString", "chosenText", "aSint64", "at", "lasts", "mask", "loose", "list",
                "any.@type", "anys[0].@type", "times[0]", "times[1]", "times[2]", "stringValue", "renamed", "empty.x",
            ],
            violations.Select(v => v.Field));
        Assert.Contains("COLOUR_UNSPECIFIED, RED, GREEN, VERT, BELOW", violations.Single(v => v.Field == "colour").Message, StringComparison.Ordinal);
        Assert.Contains("chosenNumber is", violations.Single(v => v.Field == "chosenText").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Proto2_misses_what_it_requires_and_takes_no_number_that_its_enum_has_not()
    {
        var (_, violations) = JsonToMessage.Read(types, types.Find("platform.test.legacy.Old")!, Object("""{"mark": 9, "piece": [{}], "below": {"id": "b", "mark": 2}}"""));
        Assert.Equal(["mark", "piece[0].number", "id"], violations.Select(v => v.Field));
    }

    [Fact]
    public void Whole_numbers_may_be_written_with_exponent_and_fraction_and_as_text()
    {
        var (message, _) = JsonToMessage.Read(types, Everything, Object("""{"anInt32": "2e1", "aUint64": 1.0, "aSint64": "-9223372036854775808.0"}"""));
        var read = Read(message!.ToByteArray());
        Assert.Equal((20, 1UL, long.MinValue), (read[3], read[6], read[8]));
    }

    [Fact]
    public void Groups_lie_between_tags()
    {
        var (message, _) = JsonToMessage.Read(types, types.Find("platform.test.legacy.Old")!, Object("""{"id": "a", "part": {"label": "l"}}"""));
        Assert.Equal("0a01612b0a016c2c", Convert.ToHexStringLower(message!.ToByteArray()));
    }

    [Fact]
    public void Half_of_a_surrogate_pair_is_no_text()
    {
        Assert.Contains("surrogate", Assert.Single(Refused("""{"aString": "\ud800", "inner": {"name": "x\udc00"}}""")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void There_is_an_end_to_the_errors_that_are_told()
    {
        var many = new JsonObject(Enumerable.Range(0, 1000).Select(i => KeyValuePair.Create($"f{i}", (JsonNode?)JsonValue.Create(1))));
        Assert.Equal(ParameterRules.MaxErrors, JsonToMessage.Read(types, Everything, many).Violations.Count);
    }

    [Theory]
    [InlineData("08", "a varint that ends")]
    [InlineData("7205ff", "a length beyond the end")]
    [InlineData("7201ff", "a string that is not UTF-8")]
    [InlineData("07", "a wire type that there is not")]
    [InlineData("00", "the field 0")]
    [InlineData("8c01", "an end of a group that has not begun")]
    [InlineData("a201ffffffff0f", "a packed list that is longer than all")]
    [InlineData("0a", "a length that ends")]
    [InlineData("f3ffffffff", "a group that doesn't end")]
    public void Bytes_that_are_no_message_are_told_as_such(string hex, string what)
    {
        var fault = Assert.Throws<RunFaultException>(() => Read(Convert.FromHexString(hex))).Fault;
        Assert.True(fault.Code == "grpc_bad_message", what);
    }

    [Fact]
    public void What_is_unknown_or_of_another_wire_type_is_skipped()
    {
        // Field 1000 of each wire type, and an_int32 (3) as a fixed64.
        var bytes = Convert.FromHexString("c03e05" + "c13e0102030405060708" + "c23e03616263" + "c33e0801c43e" + "c53e01020304" + "190102030405060708" + "1807");
        Assert.Equal(7, Read(bytes)[3]);
    }

    [Fact]
    public void Lists_are_read_packed_and_not_and_of_single_values_the_last_counts()
    {
        var message = Read(Convert.FromHexString("a2010201" + "02" + "a00103" + "aa0104" + "05060708" + "a80109" + "1801" + "1802" + "8a01040a02" + "6162" + "8a01021005"));
        Assert.Equal([1, 2, 3], message.List(20));
        Assert.Equal([5, 6, 7, 8, 9], message.List(21));
        Assert.Equal(2, message[3]);
        var inner = (WireMessage)message[17]!;
        Assert.Equal(("ab", 5), (inner[1], inner[2]));
    }

    [Fact]
    public void Depth_and_number_of_values_are_bounded()
    {
        var deep = new byte[] { };
        foreach (var _ in Enumerable.Range(0, 200))
            deep = [0x92, 0x01, .. Length(deep.Length), .. deep];
        Assert.Equal("grpc_bad_message", Assert.Throws<RunFaultException>(() => Read(deep)).Fault.Code);
        Assert.Equal("grpc_bad_message", Assert.Throws<RunFaultException>(() => Read([.. Enumerable.Repeat<byte>(0x93, 100_000)])).Fault.Code);

        var flags = new byte[5_000_000];
        byte[] many = [0xda, 0x01, .. Length(flags.Length), .. flags];
        Assert.Equal("result_too_large", Assert.Throws<RunFaultException>(() => Read(many)).Fault.Code);
    }

    [Fact]
    public void An_any_in_an_any_is_no_way_around_the_depth()
    {
        var any = types.Find("google.protobuf.Any")!;
        var bytes = ByteString.Empty;
        foreach (var _ in Enumerable.Range(0, 300))
            bytes = Wire.Bytes(new WireMessage(any).With(1, "x/google.protobuf.Any").With(2, bytes));
        Assert.Equal("grpc_bad_message", Assert.Throws<RunFaultException>(() => Json("google.protobuf.Any", bytes)).Fault.Code);
    }

    [Fact]
    public void An_any_of_an_unknown_type_shows_its_bytes_and_times_out_of_range_are_no_times()
    {
        var any = new WireMessage(types.Find("google.protobuf.Any")!).With(1, "x/unknown.Type").With(2, ByteString.CopyFrom(1, 2));
        Assert.Equal("""{"@type":"x/unknown.Type","value":"AQI="}""", Json("google.protobuf.Any", Wire.Bytes(any)));
        Assert.Equal("grpc_bad_message", Assert.Throws<RunFaultException>(() => Json("google.protobuf.Timestamp", new Timestamp { Seconds = long.MaxValue }.ToByteString())).Fault.Code);
        Assert.Equal("grpc_bad_message", Assert.Throws<RunFaultException>(() => Json("google.protobuf.Struct", ByteString.CopyFrom(0x0a, 5))).Fault.Code);
    }

    private IReadOnlyList<Platform.Runner.Drivers.FieldViolation> Refused(string json)
    {
        var (message, violations) = JsonToMessage.Read(types, Everything, Object(json));
        Assert.Null(message);
        return violations;
    }

    private string Json(string type, ByteString bytes)
    {
        using var memory = new MemoryStream();
        var reader = new WireReader(1 << 20);
        using (var json = new Utf8JsonWriter(memory, MessageToJson.Options))
            new MessageToJson(types, reader, json).Message(types.Find(type)!, reader.Read(types.Find(type)!, bytes));
        return Encoding.UTF8.GetString(memory.ToArray());
    }

    private WireMessage Read(byte[] bytes) => (WireMessage)new WireReader(64 << 20).Read(Everything, ByteString.CopyFrom(bytes));

    private static JsonObject Object(string json) => (JsonObject)JsonNode.Parse(json)!;

    private static byte[] Length(int length)
    {
        using var memory = new MemoryStream();
        using (var output = new CodedOutputStream(memory, leaveOpen: true))
            output.WriteLength(length);
        return memory.ToArray();
    }
}
