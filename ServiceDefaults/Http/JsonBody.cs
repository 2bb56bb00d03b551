using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Platform.ServiceDefaults;

/// <summary>
/// A body that the handler reads by itself, to tell a member that is null from one that is not there. What it may hold the route's <c>Accepts</c> says, which
/// the OpenAPI document would pass over for a parameter of the type JsonElement.
/// </summary>
public readonly record struct JsonBody(JsonElement Value)
{
    /// <exception cref="ProblemException">400 <c>malformed_json</c>.</exception>
    public static async ValueTask<JsonBody> BindAsync(HttpContext context)
    {
        try
        {
            return new(await JsonSerializer.DeserializeAsync<JsonElement>(context.Request.Body, PlatformJson.Options, context.RequestAborted));
        }
        catch (JsonException e)
        {
            throw ProblemException.FromJson(e);
        }
    }
}
