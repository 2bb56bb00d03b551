using Platform.Gateway.Console.Parts;

namespace Platform.Gateway.Tests;

/// <summary>What the console says of remedies that speak to a program.</summary>
public sealed class RemediesTests
{
    [Theory]
    [InlineData("Choose another name.", "Choose another name.")]
    [InlineData("Send the header Authorization: Bearer <token>; ./platform up prints the token and where it is kept.", "Paste the token whole; ./platform up prints the first one and where it is kept.")]
    [InlineData("Correct every field named under errors and send it again.", "Correct what is named here and send the form again.")]
    [InlineData("Correct every field named under errors; GET /v1/connectors/files/specification says what the connector takes.", "Correct what is named here and send the form again.")]
    [InlineData("Correct them all; GET /v1/connections/{name}/actions/{action} has their schema.", "Correct them all.")]
    [InlineData("Choose another name, or rotate it: POST /v1/tokens/ci/rotate.", "Choose another name, or rotate it.")]
    [InlineData("List the connections with GET /v1/connections.", "The page Connections lists them.")]
    [InlineData("GET /v1/connections/docs/actions lists those it has.", null)]
    [InlineData("List the connectors with GET /v1/connectors, or install it with POST /v1/connectors.", "The page Connectors lists them.")]
    [InlineData("Look whether the source really has lost them. If so: POST /v1/runs/7/sweep, before the next run; else run the sync again.", "Look whether the source really has lost them. If so, delete what is gone before the next run; else sync again.")]
    [InlineData("Send If-Match with the ETag of GET /v1/connections/docs.", null)]
    [InlineData("Wait a second and send it again. If it stays, look for who asks so much: the gateway's metrics, GET /v1/audit.", "Wait a second and send it again. If it stays, look for who asks so much.")]
    [InlineData("Correct the JSON at that position; types and names are in /openapi.json.", "Correct the JSON at that position.")]
    [InlineData(null, null)]
    public void A_person_is_told_what_a_person_can_do(string? remedy, string? shown) => Assert.Equal(shown, Remedies.ForPeople(remedy));
}
