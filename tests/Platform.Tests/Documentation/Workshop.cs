using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Platform.Tests.Documentation;

/// <summary>A folder in which documented commands find what they name: the client, the samples, a token, a connection <c>docs</c>.</summary>
internal sealed class Workshop : IDisposable
{
    private static readonly SemaphoreSlim Preparing = new(1);
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("documented-");
    private readonly PlatformFixture platform;
    private readonly string webhook;

    private Workshop(PlatformFixture platform, string webhook) => (this.platform, this.webhook) = (platform, webhook);

    public static async Task<Workshop> OpenAsync(PlatformFixture platform, string webhook)
    {
        var workshop = new Workshop(platform, webhook);
        workshop.folder.CreateSubdirectory("path/to/a");
        foreach (var folder in (string[])[".zfunc", ".config/fish/completions", ".local/share/bash-completion/completions"]) workshop.folder.CreateSubdirectory(folder);
        Directory.CreateSymbolicLink(workshop.In("connectors"), Repository.Connector(""));
        Directory.CreateSymbolicLink(workshop.In("path/to/a/checkout"), Repository.Connector("greeter-oms"));
        File.Copy(Path.Combine(Repository.Connector("greeter-oms"), "oms.yml"), workshop.In("oms.yml"));
        await workshop.WriteAsync("token.txt", platform.Token);
        await workshop.WriteAsync("platform", $"#!/bin/sh\nexec dotnet '{CommandLine.Program}' \"$@\"\n");
        File.SetUnixFileMode(workshop.In("platform"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await Preparing.WaitAsync();
        try
        {
            if ((await platform.RunAsync("connections", "show", "docs")).ExitCode != 0)
            {
                await platform.InstallSampleAsync("files", "files");
                await platform.Api.ConnectAsync("docs", "files", new JsonObject { ["root"] = "/usr/share/doc" });
                await platform.Api.SyncAsync("docs");
                // For the audit log to have one that was refused.
                using var stranger = new HttpClient();
                Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync(new Uri(platform.GatewayUrl, "/v1/tokens"))).StatusCode);
            }
        }
        finally
        {
            Preparing.Release();
        }

        return workshop;
    }

    public Task WriteAsync(string name, string text) => File.WriteAllTextAsync(In(name), text);

    /// <returns>The exit code; both outputs in one, with the names of the files that are there now.</returns>
    public async Task<(int ExitCode, string Output)> RunAsync(string command)
    {
        using var shell = Start(command);
        var (output, errors) = (shell.StandardOutput.ReadToEndAsync(), shell.StandardError.ReadToEndAsync());
        try
        {
            await shell.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Limits.Command);
        }
        catch (TimeoutException)
        {
            shell.Kill(entireProcessTree: true);
            throw new TimeoutException($"{command} did not end within {Limits.Command.TotalSeconds} s.\n{await output}{await errors}");
        }

        return (shell.ExitCode, $"{await output}{await errors}\nfiles: {string.Join(' ', folder.EnumerateFiles().Select(file => file.Name))}");
    }

    /// <summary>One that ends when it is ended; meanwhile <c>docs</c> is synced again and again, as nobody knows when it has begun to listen.</summary>
    public async Task<(int ExitCode, string Output)> UntilAsync(string command, string says)
    {
        using var shell = Start(command);
        var output = new StringBuilder();
        shell.OutputDataReceived += (_, line) => { lock (output) output.AppendLine(line.Data); };
        shell.ErrorDataReceived += (_, line) => { lock (output) output.AppendLine(line.Data); };
        shell.BeginOutputReadLine();
        shell.BeginErrorReadLine();
        var said = await Limits.UntilAsync($"'{says}' from {command}", Limits.Run, async () =>
        {
            await platform.Api.SyncAsync("docs");
            lock (output) return output.ToString() is var text && (text.Contains(says, StringComparison.Ordinal) || shell.HasExited) ? text : null;
        });
        Assert.False(shell.HasExited, $"{command} has ended:\n{said}");
        shell.Kill(entireProcessTree: true);
        await shell.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (0, said);
    }

    public void Dispose() => folder.Delete(recursive: true);

    private string In(string name) => Path.Combine(folder.FullName, name);

    private Process Start(string command)
    {
        var typed = command.Replace("http://127.0.0.1:5080", platform.GatewayUrl.ToString().TrimEnd('/'), StringComparison.Ordinal)
            .Replace("https://platform.example.org", platform.GatewayUrl.ToString(), StringComparison.Ordinal)
            .Replace("https://ops.example.com/hook", webhook, StringComparison.Ordinal)
            // Other tests have things rejected.
            .Replace("/v1/rejects/7/", $"/v1/rejects/{long.MaxValue}/", StringComparison.Ordinal)
            .Replace("dotnet publish src/", $"dotnet publish {Repository.Root}/src/", StringComparison.Ordinal)
            .Replace("-o out", "-o ./out", StringComparison.Ordinal);
        // A problem is an error here, and a bar of progress no news.
        var start = new ProcessStartInfo("bash", ["-c", "set -o pipefail; curl() { command curl --fail-with-body --silent --show-error \"$@\"; }\n" + typed])
        {
            WorkingDirectory = folder.FullName,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        foreach (var (name, value) in new Dictionary<string, string>
        {
            ["HOME"] = folder.FullName,
            ["NUGET_PACKAGES"] = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(home, ".nuget", "packages"),
            ["PLATFORM_CONFIG"] = In("config.json"),
            ["PLATFORM_ROOT"] = Repository.Root,
            ["TOKEN"] = platform.Token,
            ["PLATFORM_URL"] = platform.GatewayUrl.ToString(),
            ["PLATFORM_TOKEN"] = platform.Token,
        }) start.Environment[name] = value;
        return Process.Start(start)!;
    }
}
