using System.Diagnostics;
using System.Net;
using Platform.Documents;
using Platform.Servers;

namespace Platform.Ndc.Tests.Tables;

/// <summary>The sample connector's image, made by its own build.sh and run as strictly as a platform may.</summary>
public sealed class ImageTests(ContainerEngineFixture engine)
{
    private static readonly TimeSpan buildLimit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan startLimit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task The_image_serves_the_sample_as_anybody_without_rights_or_a_disk_and_stops_when_told()
    {
        // Not yet another build where there is one: it is made once for all that need it.
        var folder = Path.Combine(RepositoryFolderAttribute.Value, "artifacts", "connectors", "tables-ndc");
        await BuildAsync(folder);
        var image = engine.Docker("build", "--quiet", folder);
        var container = engine.Docker(
            "run", "--detach", "--user", "4711:4711", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
            "--memory", "128m", "--network", "bridge", "--publish", "127.0.0.1::8080", "--volume", $"{TablesProcess.Sample}:/etc/connector:ro",
            "--env", "HASURA_SERVICE_TOKEN_SECRET=secret", image);
        try
        {
            using var http = new HttpClient { BaseAddress = new($"http://{engine.Docker("port", container, "8080").Split('\n')[0]}"), Timeout = startLimit };
            await ReadyAsync(http, container);
            Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync("/schema", TestContext.Current.CancellationToken)).StatusCode);
            http.DefaultRequestHeaders.Authorization = new("Bearer", "secret");
            Assert.Contains("articles", await http.GetStringAsync("/schema", TestContext.Current.CancellationToken));

            engine.Docker("stop", "--time", "20", container);
            Assert.Equal("0", engine.Docker("inspect", "--format", "{{.State.ExitCode}}", container));
            Assert.Equal("Listening on http://0.0.0.0:8080, serving 5 collections from /etc/connector.\nStopping.", engine.Docker("logs", container));
        }
        finally
        {
            engine.Docker("rm", "--force", "--volumes", container);
        }
    }

    [Fact]
    public async Task The_guides_commands_build_it_run_it_and_ask_it()
    {
        var port = FreePorts.Take();
        using var build = Documented("connectors/tables-ndc/build.sh", port);
        await build.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(buildLimit, TestContext.Current.CancellationToken);
        Assert.True(build.ExitCode == 0, await build.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        using var server = Documented("docker run", port);
        try
        {
            var (begun, answer) = (Stopwatch.GetTimestamp(), "");
            while (!answer.Contains("\"Landin\"", StringComparison.Ordinal))
            {
                Assert.False(server.HasExited, "The container has ended.");
                Assert.True(Stopwatch.GetElapsedTime(begun) < startLimit, $"The container did not answer in time, at last: {answer}");
                using var query = Documented("curl -s", port);
                answer = await query.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            }
        }
        finally
        {
            // The client passes it on to the container; killed it would leave that behind.
            Process.Start("kill", [$"{server.Id}"]).WaitForExit();
            await server.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(startLimit, TestContext.Current.CancellationToken);
        }
    }

    private Process Documented(string begins, int port)
    {
        var command = DocumentedCommand.All(RepositoryFolderAttribute.Value).Single(c => c.Document == "docs/ndc.md" && c.Text.StartsWith(begins, StringComparison.Ordinal)).Text
            .Replace("127.0.0.1:8080:", $"127.0.0.1:{port}:", StringComparison.Ordinal).Replace("localhost:8080", $"127.0.0.1:{port}", StringComparison.Ordinal);
        return Process.Start(new ProcessStartInfo("bash", ["-c", "exec " + command])
        {
            WorkingDirectory = RepositoryFolderAttribute.Value,
            Environment = { ["DOCKER_HOST"] = engine.Address },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
    }

    private async Task ReadyAsync(HttpClient http, string container)
    {
        var begun = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                if ((await http.GetAsync("/health")).IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(20);
            }

            Assert.True(engine.Docker("inspect", "--format", "{{.State.Running}}", container) == "true", $"The container ended: {engine.Docker("logs", container)}");
            Assert.True(Stopwatch.GetElapsedTime(begun) < startLimit, $"The container was not ready in time: {engine.Docker("logs", container)}");
        }
    }

    private static async Task BuildAsync(string folder)
    {
        var script = Path.Combine(RepositoryFolderAttribute.Value, "connectors", "tables-ndc", "build.sh");
        using var build = Process.Start(new ProcessStartInfo(script, [folder]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, errors) = (build.StandardOutput.ReadToEndAsync(), build.StandardError.ReadToEndAsync());
        await build.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(buildLimit);
        Assert.True(build.ExitCode == 0, $"{script}: {await output}{await errors}");
    }
}
