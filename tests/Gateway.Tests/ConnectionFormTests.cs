using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Platform.Gateway.Console.Forms;
using Platform.Gateway.Console.Services;
using Platform.ServiceDefaults;

namespace Platform.Gateway.Tests;

/// <summary>The console's form of a connection: what it sends.</summary>
public sealed class ConnectionFormTests
{
    [Fact]
    public void A_new_connection_has_what_is_filled_in()
    {
        var sent = ConnectionForm.Read(null, Form(("streams", "a\r\n\r\n b \r\n"), ("max_delete_fraction", "0.25"), ("idle_seconds", "9"), ("full_listing", "true"), ("cursors", "articles=updated_at\r\na=b=id\r\n"), ("always_on", "true")), null);

        Assert.Equal(
            """{"full_listing":true,"changed_events":false,"streams":["a","b"],"max_delete_fraction":0.25,"max_attempts":null,"first_page_seconds":null,"idle_seconds":9,"total_seconds":null,"cursors":{"articles":"updated_at","a=b":"id"},"always_on":true}""",
            sent.ToJsonString());
    }

    [Fact]
    public void A_change_takes_away_the_cursors_that_are_not_in_the_form_any_more()
    {
        var sent = ConnectionForm.Read(null, Form(("cursors", "articles=updated_at\r\nnew=id")), Row(("articles", "id"), ("old", "id")));

        Assert.Equal("""{"articles":"updated_at","old":null,"new":"id"}""", sent["cursors"]!.ToJsonString());
    }

    [Fact]
    public void What_the_form_shows_is_what_it_sends_when_nothing_is_changed()
    {
        var row = Row(("articles", "updated_at"), ("a=b", "id"));
        var shown = ConnectionForm.Present(row);

        var sent = ConnectionForm.Read(null, Form([.. shown.Select(field => (field.Key, field.Value is JsonArray lines ? string.Join("\r\n", lines.Select(line => (string)line!)) : field.Value?.ToJsonString() ?? ""))]), row);

        Assert.Equal("""{"a=b":"id","articles":"updated_at"}""", new JsonObject(sent["cursors"]!.AsObject().OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => KeyValuePair.Create(c.Key, c.Value?.DeepClone()))).ToJsonString());
        Assert.All(shown.Where(field => field.Key != "cursors"), field => Assert.Equal(field.Value?.ToJsonString(), sent[field.Key]?.ToJsonString()));
    }

    [Theory]
    [InlineData("cursors", "articles")]
    [InlineData("cursors", "=id")]
    [InlineData("cursors", "articles=")]
    [InlineData("max_attempts", "many")]
    public void What_can_t_be_read_is_an_error_of_its_field(string field, string text)
    {
        var error = Assert.Throws<ProblemException>(() => ConnectionForm.Read(null, Form((field, text)), null));

        Assert.Equal(("invalid_form", field), (error.Problem.Code, Assert.Single(error.Problem.Errors!).Field));
    }

    private static FormCollection Form(params (string Name, string Value)[] fields) => new(fields.ToDictionary(f => f.Name, f => new StringValues(f.Value)));

    private static ConnectionRow Row(params (string Stream, string Column)[] cursors) => new(
        Guid.Empty, "docs", "files", true, 0.5, false, ["a", "b"], 3, null, 60, null, cursors.ToDictionary(c => c.Stream, c => c.Column), true, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch);
}
