using System.Buffers;
using System.Diagnostics;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Platform.Connectors.Tables.Data;
using Platform.Connectors.Tables.Engine;
using Platform.Connectors.Tables.Requests;

namespace Platform.Connectors.Tables.Serving;

/// <summary>Every request that comes: which part of the connector answers it, and what it answers when that fails.</summary>
internal sealed class Endpoints(Catalog catalog, Access access, Metrics metrics)
{
    private static readonly JsonWriterOptions plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly Dictionary<string, string> methods = new()
    {
        ["/health"] = "GET", ["/metrics"] = "GET", ["/capabilities"] = "GET", ["/schema"] = "GET",
        ["/query"] = "POST", ["/query/explain"] = "POST", ["/mutation"] = "POST", ["/mutation/explain"] = "POST",
        ["/query/relational"] = "POST", ["/query/relational/stream"] = "POST", ["/mutation/relational/insert"] = "POST",
        ["/mutation/relational/update"] = "POST", ["/mutation/relational/delete"] = "POST",
    };

    public async Task AnswerAsync(HttpContext context)
    {
        var begun = Stopwatch.GetTimestamp();
        var path = context.Request.Path.Value ?? "/";
        Activity.Current?.DisplayName = $"{context.Request.Method} {(methods.ContainsKey(path) ? path : "unknown")}";
        var body = new ArrayBufferWriter<byte>();
        try
        {
            var type = await AnswerAsync(context.Request, path, body, context.RequestAborted);
            await SendAsync(context, 200, type, body.WrittenMemory);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody waits for an answer any more.
        }
        catch (Exception e)
        {
            await SendAsync(context, Told(e));
        }

        metrics.Answered(methods.ContainsKey(path) ? path : "unknown", context.Response.StatusCode, Stopwatch.GetElapsedTime(begun));
    }

    /// <returns>The media type.</returns>
    private async Task<string> AnswerAsync(HttpRequest request, string path, ArrayBufferWriter<byte> to, CancellationToken cancel)
    {
        if (path != "/health")
            access.Authorize(request);
        if (!methods.TryGetValue(path, out var method))
            throw new Problem(404, "not_found", $"There is no {path} here; see the NDC specification 0.2.");
        if (request.Method != method)
            throw new Problem(405, "method_not_allowed", $"{path} is asked by {method}.");
        Access.CheckVersion(request);
        using var writer = new Utf8JsonWriter(to, plain);
        switch (path)
        {
            case "/health":
                writer.WriteRawValue("""{"status": "healthy"}""");
                break;
            case "/metrics":
                to.Write(System.Text.Encoding.UTF8.GetBytes(metrics.Text()));
                return "text/plain; version=0.0.4; charset=utf-8";
            case "/capabilities":
                writer.WriteRawValue(CapabilitiesAnswer.Json);
                break;
            case "/schema":
                SchemaAnswer.Write(catalog, writer);
                break;
            case "/query":
                Queries.Answer(catalog, RequestJson.Read(await BodyAsync(request, cancel), RequestJson.Default.QueryRequest), writer);
                break;
            case "/query/explain":
                Explanation.Answer(catalog, RequestJson.Read(await BodyAsync(request, cancel), RequestJson.Default.QueryRequest), writer);
                break;
            case "/mutation":
                Mutations.Answer(catalog, RequestJson.Read(await BodyAsync(request, cancel), RequestJson.Default.MutationRequest), writer);
                break;
            case "/mutation/explain":
                throw Problem.Undeclared("mutation.explain");
            default:
                throw Problem.Undeclared(path.StartsWith("/query", StringComparison.Ordinal) ? "relational_query" : "relational_mutation");
        }

        await writer.FlushAsync(cancel);
        return "application/json";
    }

    private static async Task<byte[]> BodyAsync(HttpRequest request, CancellationToken cancel)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, cancel);
        return body.ToArray();
    }

    private static Problem Told(Exception e)
    {
        if (e is Problem problem)
            return problem;
        if (e is BadHttpRequestException bad)
            return new(bad.StatusCode, "bad_http", bad.Message);
        Console.Error.WriteLine($"error internal_error: {e}");
        return new(500, "internal_error", "The connector failed; its standard error says how.");
    }

    private static async Task SendAsync(HttpContext context, Problem problem)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(body, plain))
            problem.Write(writer);
        if (problem.Status == 401)
            context.Response.Headers.WWWAuthenticate = "Bearer";
        Activity.Current?.SetTag("error.type", problem.Code);
        if (problem.Status >= 500)
            Activity.Current?.SetStatus(ActivityStatusCode.Error, problem.Message);
        await SendAsync(context, problem.Status, "application/json", body.WrittenMemory);
    }

    private static async Task SendAsync(HttpContext context, int status, string type, ReadOnlyMemory<byte> body)
    {
        if (context.Response.HasStarted)
            return;
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        context.Response.ContentLength = body.Length;
        Activity.Current?.SetTag("http.request.method", context.Request.Method).SetTag("url.path", context.Request.Path.Value).SetTag("http.response.status_code", status);
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }
}
