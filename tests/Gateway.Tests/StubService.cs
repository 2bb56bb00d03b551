using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Platform.ServiceDefaults;

namespace Platform.Gateway.Tests;

/// <summary>A service behind the gateway: notes what reaches it, streams events, answers with an OpenAPI document.</summary>
public sealed class StubService : IAsyncDisposable
{
    private const string Document = """
        {
          "openapi": "3.1.1", "info": { "title": "stub", "version": "1" },
          "paths": { "/v1/connectors": { "get": { "responses": { "200": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Connector" } } } } } } }, "/inner": { "get": {} } },
          "components": { "schemas": { "Connector": { "type": "object" } } }
        }
        """;

    private readonly WebApplication app;

    public StubService()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        app = builder.Build();
        app.MapGet("/openapi/v1.json", () => Results.Text(Document, "application/json"));
        app.MapGet("/v1/installs/{id}/log", (Delegate)StreamAsync);
        app.MapFallback("{**path}", (Delegate)NoteAsync);
    }

    /// <summary>Headers by the path that they came with.</summary>
    public ConcurrentDictionary<string, IReadOnlyDictionary<string, string>> Received { get; } = new();

    /// <summary>Paths that are refused for a scope that is lacking, and which.</summary>
    public ConcurrentDictionary<string, string> Lacking { get; } = new();

    /// <summary>What is answered instead of an empty list, by path.</summary>
    public ConcurrentDictionary<string, (int Status, object Body)> Answers { get; } = new();

    /// <summary>The last body that was sent to each path.</summary>
    public ConcurrentDictionary<string, string> Bodies { get; } = new();

    public string Url { get; private set; } = "";

    public async Task StartAsync()
    {
        await app.StartAsync();
        Url = app.Urls.Single();
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task<IResult> NoteAsync(HttpContext context)
    {
        Received[context.Request.Path] = context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        var body = await reader.ReadToEndAsync(context.RequestAborted);
        Bodies[context.Request.Path] = body;
        if (Lacking.TryGetValue(context.Request.Path, out var scope))
        {
            context.Response.Headers[Problem.CodeHeader] = "insufficient_scope";
            return Results.Json(new { code = "insufficient_scope", status = 403, title = "The token's scopes do not allow this", detail = $"The scope {scope} is needed.", remedy = "Use another token." }, statusCode: 403);
        }

        if (Answers.TryGetValue(context.Request.Path, out var answer)) return Results.Json(answer.Body, statusCode: answer.Status);
        return Results.Json(new { items = Array.Empty<object>(), path = context.Request.Path.Value, query = context.Request.QueryString.Value, length = body.Length });
    }

    /// <summary>One event, and then silence until the other side goes.</summary>
    private async Task StreamAsync(HttpContext context)
    {
        Received[context.Request.Path] = context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        context.Response.ContentType = "text/event-stream";
        await context.Response.WriteAsync("event: line\ndata: first\n\n");
        await context.Response.Body.FlushAsync();
        await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
