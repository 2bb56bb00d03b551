using System.Text;
using System.Text.Json;
using Platform.Runner.Drivers;
using Platform.Runner.Drivers.Oms.Events;

namespace Platform.Runner.Tests.Oms;

public sealed class CloudEventTests
{
    private const string Structured = "application/cloudevents+json";

    [Theory]
    [InlineData("""{"cloudEventsVersion":"0.1","eventID":"7","eventType":"said","source":"/chat","eventTime":"2020-01-01T00:00:00Z","contentType":"application/json","data":{"a":1}}""")]
    [InlineData("""{"specversion":"0.2","id":"7","type":"said","source":"/chat","time":"2020-01-01T00:00:00Z","datacontenttype":"application/json","data":{"a":1}}""")]
    [InlineData("""{"specversion":"1.0","id":"7","type":"said","source":"/chat","time":"2020-01-01T00:00:00Z","datacontenttype":"application/json","data":{"a":1}}""")]
    // A template in the wild mixes the names of two versions.
    [InlineData("""{"specversion":"0.2","eventType":"said","id":"7","source":"/chat","eventTime":"2020-01-01T00:00:00Z","contentType":"application/json","data":{"a":1}}""")]
    public void Structured_events_of_every_version_become_the_same_object(string body)
    {
        foreach (var media in (string[])[Structured, "application/json", "application/cloudevents+json; charset=utf-8"])
        {
            var heard = Assert.Single(Read(media, body));
            Assert.Equal(("/chat#7", "said", "/chat"), (heard.RemoteId, heard.ResourceName, heard.Uri));
            Assert.Equal(
                """{"id":"7","source":"/chat","type":"said","time":"2020-01-01T00:00:00Z","datacontenttype":"application/json","data":{"a":1}}""", heard.Metadata);
        }
    }

    [Theory]
    [InlineData("ce-id", "ce-type", "ce-source")]
    [InlineData("CE-EventID", "CE-EventType", "CE-Source")]
    public void Attributes_may_come_in_headers(string id, string type, string source)
    {
        var heard = Assert.Single(Read("application/json", """{"a":1}""", (id, "7"), (type, "said"), (source, "/chat%20one")));
        Assert.Equal(("/chat one#7", "said", "/chat one"), (heard.RemoteId, heard.ResourceName, heard.Uri));
        Assert.Equal("""{"a":1}""", Data(heard));

        Assert.Equal("\"AP8=\"", Data(Assert.Single(CloudEventReader.Read("image/png", [new(id, "7")], new byte[] { 0, 255 }))));
        Assert.Equal("\"hi\"", Data(Assert.Single(Read("text/plain", "hi", (id, "7")))));
    }

    [Fact]
    public void A_batch_is_several()
    {
        Assert.Equal(["1", "2"], Read("application/cloudevents-batch+json", """[{"id":"1","data":1},{"id":"2","data":2}]""").Select(h => h.RemoteId));
        Assert.Equal("[1,2]", Data(Assert.Single(Read("application/json", "[1,2]"))));
    }

    [Fact]
    public void Without_an_envelope_the_body_is_the_data_and_each_delivery_an_event_of_its_own()
    {
        var (one, other) = (Assert.Single(Read("application/json", """{"text":"hi"}""")), Assert.Single(Read("application/json", """{"text":"hi"}""")));
        Assert.Equal("""{"text":"hi"}""", Data(one));
        Assert.NotEqual(one.RemoteId, other.RemoteId);
        Assert.Equal("""{"a":"1","b":["2","3"]}""", Data(Assert.Single(Read("application/x-www-form-urlencoded", "a=1&b=2&b=3"))));
        Assert.Equal("\"plain\"", Data(Assert.Single(Read(null, "plain"))));
        Assert.Equal("{\"x\":1}", Data(Assert.Single(Read(null, "{\"x\":1}"))));
        Assert.Equal("null", Data(Assert.Single(Read("text/plain", ""))));
    }

    [Fact]
    public void Data_in_base64_is_kept_and_said_to_be_that()
    {
        var heard = Assert.Single(Read(Structured, """{"specversion":"1.0","id":"7","data_base64":"AP8="}"""));
        Assert.Contains("\"dataencoding\":\"base64\",\"data\":\"AP8=\"", heard.Metadata, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("application/json", "{")]
    [InlineData(Structured, "")]
    public void What_says_that_it_is_JSON_and_is_not_is_refused(string media, string body) => Assert.Throws<FormatException>(() => Read(media, body));

    [Fact]
    public void What_is_not_UTF_8_is_refused() => Assert.Throws<FormatException>(() => CloudEventReader.Read("text/plain", [], new byte[] { 0xff }));

    private static IReadOnlyList<HeardObject> Read(string? media, string body, params (string Name, string Value)[] headers) =>
        CloudEventReader.Read(media, headers.Select(h => KeyValuePair.Create(h.Name, h.Value)), Encoding.UTF8.GetBytes(body));

    private static string Data(HeardObject heard) => JsonElement.Parse(heard.Metadata).GetProperty("data").GetRawText();
}
