using System.Diagnostics;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Platform.Installer.Tests;

/// <summary>Serves repositories as the common hosts do: by https, with git's own CGI program behind it.</summary>
internal static class GitServer
{
    /// <param name="folder">Holds the repositories.</param>
    public static Task<FileServer> StartHttpsAsync(string folder, X509Certificate2 certificate) => FileServer.StartAsync(context => AnswerAsync(folder, context), certificate);

    private static async Task AnswerAsync(string folder, HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        var start = new ProcessStartInfo("git", ["http-backend"]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var (name, value) in ((string, string?)[])
                 [
                     ("GIT_PROJECT_ROOT", folder), ("GIT_HTTP_EXPORT_ALL", "1"), ("GIT_CONFIG_GLOBAL", "/dev/null"), ("REQUEST_METHOD", request.Method), ("PATH_INFO", request.Path),
                     ("QUERY_STRING", request.QueryString.Value!.TrimStart('?')), ("CONTENT_TYPE", request.ContentType), ("GIT_PROTOCOL", request.Headers["Git-Protocol"]),
                     ("HTTP_CONTENT_ENCODING", request.Headers.ContentEncoding), ("REMOTE_ADDR", "127.0.0.1"),
                 ])
            if (!string.IsNullOrEmpty(value)) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var feeding = Task.Run(async () =>
        {
            await using var input = process.StandardInput.BaseStream;
            await request.Body.CopyToAsync(input);
        });
        var output = process.StandardOutput.BaseStream;
        while (await LineAsync(output) is { Length: > 0 } line)
        {
            var (name, value) = (line[..line.IndexOf(':', StringComparison.Ordinal)], line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim());
            if (name == "Status") response.StatusCode = int.Parse(value[..3], System.Globalization.CultureInfo.InvariantCulture);
            else response.Headers[name] = new StringValues(value);
        }
        await output.CopyToAsync(response.Body);
        await feeding;
        await process.WaitForExitAsync();
    }

    private static async Task<string> LineAsync(Stream stream)
    {
        var (line, next) = (new StringBuilder(), new byte[1]);
        while (await stream.ReadAsync(next) == 1 && next[0] != '\n') line.Append((char)next[0]);
        return line.ToString().TrimEnd('\r');
    }
}
