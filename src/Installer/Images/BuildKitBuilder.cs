using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Google.Protobuf;
using Platform.Protocols.BuildKit;
using Platform.ServiceDefaults;

namespace Platform.Installer.Images;

/// <summary>
/// The engine's BuildKit, for what the classic builder does not know. It is asked by the engine's own API (version=2), without the session by which a command
/// line lends it credentials and files: all that it needs is in the context, or among the engine's images.
/// </summary>
internal sealed class BuildKitBuilder(ContainerEngine engine)
{
    private const string ApiVersion = "v1.41", TraceId = "moby.buildkit.trace";
    private const long StandardError = 2;

    /// <param name="needs">Why it is not the classic builder.</param>
    /// <exception cref="InstallFailedException"><c>image_build_failed</c>, or <c>buildkit_needed</c>: the engine has none.</exception>
    public async Task RunAsync(
        string name, string dockerfile, IReadOnlyList<string> needs, IDictionary<string, string> labels, string context, BuildOutput output, CancellationToken ct)
    {
        var query = $"version=2&t={Uri.EscapeDataString(name)}&dockerfile={Uri.EscapeDataString(dockerfile)}&labels={Uri.EscapeDataString(JsonSerializer.Serialize(labels))}";
        await using var content = File.OpenRead(context);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/{ApiVersion}/build?{query}") { Content = new StreamContent(content) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-tar");
        string? failure = null;
        try
        {
            using var answer = await engine.SendAsync(request, ct);
            if (answer.StatusCode != HttpStatusCode.OK) failure = Words(await answer.Content.ReadAsStringAsync(ct));
            // The engine looks whether it has one before all else.
            if (failure is not null && failure.Contains("buildkit", StringComparison.OrdinalIgnoreCase)) throw ImageErrors.NeedsBuildKit(dockerfile, needs, failure);
            failure ??= await ReadAsync(await answer.Content.ReadAsStreamAsync(ct), output, ct);
        }
        catch (ProblemException e)
        {
            throw ImageErrors.Of(e.Problem);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            failure = $"the engine broke off: {e.Message}";
        }
        output.End();
        if (failure is not null) throw ImageErrors.BuildFailed(failure, output.ToString());
    }

    /// <returns>Null: it went well.</returns>
    private static async Task<string?> ReadAsync(Stream stream, BuildOutput output, CancellationToken ct)
    {
        using var reader = new StreamReader(stream);
        var begun = new HashSet<string>();
        string? failure = null;
        while (await reader.ReadLineAsync(ct) is { } line)
        {
            using var json = JsonDocument.Parse(line);
            if (json.RootElement.TryGetProperty("error", out var error)) failure ??= error.GetString();
            if (json.RootElement.TryGetProperty("stream", out var text)) output.Add("stdout", text.GetString() ?? "");
            if (!json.RootElement.TryGetProperty("id", out var id) || id.GetString() != TraceId) continue;
            Tell(StatusResponse.Parser.ParseFrom(json.RootElement.GetProperty("aux").GetBytesFromBase64()), begun, output);
        }
        return failure;
    }

    private static void Tell(StatusResponse status, HashSet<string> begun, BuildOutput output)
    {
        foreach (var vertex in status.Vertexes)
        {
            if (begun.Add(vertex.Digest)) output.Add("stdout", vertex.Name + "\n");
            if (vertex.Cached && begun.Add(vertex.Digest + " cached")) output.Add("stdout", $"{vertex.Name}: cached\n");
        }
        // Of several steps at once, pieces come mixed.
        foreach (var log in status.Logs) output.Add(log.Stream == StandardError ? "stderr" : "stdout", log.Msg.ToStringUtf8(), log.Vertex);
    }

    private static string Words(string body)
    {
        try
        {
            return JsonDocument.Parse(body).RootElement.GetProperty("message").GetString()!.Trim();
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return body.Trim();
        }
    }
}
