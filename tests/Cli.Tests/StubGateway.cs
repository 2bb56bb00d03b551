using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Platform.Cli.Tests;

/// <summary>A peer on the loopback that answers what a test told it; each answer is given in turn, the last one for ever.</summary>
internal sealed class StubGateway : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, ConcurrentQueue<Func<HttpContext, Task>>> answers = new();
    private readonly WebApplication app;

    private StubGateway()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        app = builder.Build();
        app.Run(AnswerAsync);
    }

    public ConcurrentQueue<(string Request, string? Authorization, string Body)> Requests { get; } = new();

    public string Url => app.Urls.Single();

    public int Port => new Uri(Url).Port;

    public static async Task<StubGateway> StartAsync()
    {
        var stub = new StubGateway();
        await stub.app.StartAsync();
        return stub;
    }

    /// <param name="request">Such as <c>GET /v1/objects?limit=2</c>.</param>
    public StubGateway On(string request, string json, int status = 200) => On(request, async context =>
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = status >= 400 ? "application/problem+json" : "application/json";
        await context.Response.WriteAsync(json);
    });

    /// <summary>A stream of these events, ended by the end of the answer.</summary>
    public StubGateway Events(string request, params (string Type, string Data)[] events) => On(request, async context =>
    {
        context.Response.ContentType = "text/event-stream";
        foreach (var (type, data) in events)
        {
            await context.Response.WriteAsync($"event: {type}\ndata: {data}\n\n");
            await context.Response.Body.FlushAsync();
        }
    });

    public StubGateway On(string request, Func<HttpContext, Task> answer)
    {
        answers.GetOrAdd(request, _ => new()).Enqueue(answer);
        return this;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var request = $"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}";
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        Requests.Enqueue((request, context.Request.Headers.Authorization, await reader.ReadToEndAsync()));
        if (!answers.TryGetValue(request, out var queue) || !queue.TryPeek(out var answer))
        {
            context.Response.StatusCode = 404;
            context.Response.ContentType = "application/problem+json";
            await context.Response.WriteAsync($$"""{"code":"not_stubbed","status":404,"detail":"{{request}}"}""");
            return;
        }

        if (queue.Count > 1) queue.TryDequeue(out answer);
        await answer!(context);
    }
}
