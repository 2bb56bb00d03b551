using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Platform.Installer.Images;
using Platform.Installer.Installs;
using Platform.Protocols.BuildKit;
using Platform.ServiceDefaults;

namespace Platform.Installer.Tests;

/// <summary>What an engine may answer to a build by BuildKit; a real one is met where packages are installed.</summary>
public sealed class BuildKitTests
{
    [Fact]
    public async Task An_engine_without_it_says_so_and_the_lines_are_named()
    {
        var (error, _) = await FailAsync(async (context, _) =>
        {
            context.Response.StatusCode = 400;
            await context.Response.WriteAsync("""{"message":"buildkit is not supported by daemon"}""");
        });

        Assert.Equal("buildkit_needed", error.Code);
        Assert.Contains("line 2: RUN --mount", error.Message, StringComparison.Ordinal);
        Assert.Contains("not supported by daemon", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Steps_and_what_they_write_become_lines_kept_apart()
    {
        var (error, log) = await FailAsync((context, _) => context.Response.WriteAsync(
            Trace(new() { Vertexes = { new Vertex { Digest = "a", Name = "[1/2] RUN one" }, new Vertex { Digest = "b", Name = "[2/2] RUN two" } } })
            + Trace(new() { Vertexes = { new Vertex { Digest = "a", Name = "[1/2] RUN one", Cached = true } }, Logs = { Said("b", 1, "be"), Said("a", 1, "al"), Said("b", 2, "oops\n") } })
            + Trace(new() { Logs = { Said("b", 1, "ta\n"), Said("a", 1, "pha") } })
            + """{"stream":"done\n"}""" + "\n" + """{"errorDetail":{"message":"exit code: 3"},"error":"exit code: 3"}""" + "\n"));

        Assert.Equal("image_build_failed", error.Code);
        Assert.Contains("exit code: 3", error.Message, StringComparison.Ordinal);
        Assert.Equal(["[1/2] RUN one", "[2/2] RUN two", "[1/2] RUN one: cached", "oops", "beta", "done", "alpha"], log.Select(line => line.Text));
        Assert.Equal("stderr", log.Single(line => line.Text == "oops").Stream);
        Assert.Contains("alpha", error.OutputTail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_breaks_off_is_a_failed_build()
    {
        var (error, _) = await FailAsync(async (context, log) =>
        {
            await context.Response.WriteAsync(Trace(new() { Vertexes = { new Vertex { Digest = "a", Name = "RUN one" } } }));
            await context.Response.Body.FlushAsync();
            await Workplace.UntilAsync("the first line", () => log.After(0).Lines.Count > 0);
            context.Abort();
        });

        Assert.Equal("image_build_failed", error.Code);
        Assert.Contains("broke off", error.Message, StringComparison.Ordinal);
    }

    private static VertexLog Said(string vertex, long stream, string text) => new() { Vertex = vertex, Stream = stream, Msg = ByteString.CopyFromUtf8(text) };

    private static string Trace(StatusResponse status) => $$"""{"id":"moby.buildkit.trace","aux":"{{Convert.ToBase64String(status.ToByteArray())}}"}""" + "\n";

    private static async Task<(Contracts.InstallError Error, IReadOnlyList<LogLine> Log)> FailAsync(Func<HttpContext, InstallLog, Task> answer)
    {
        var folder = Directory.CreateTempSubdirectory("installer-tests-");
        using var log = new InstallLog($"{folder}/log");
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.ListenUnixSocket($"{folder}/engine.sock"));
        await using var app = builder.Build();
        app.Run(async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            Assert.Equal(("/v1.41/build", "2", "sub/Dockerfile"), (context.Request.Path.ToString(), context.Request.Query["version"].ToString(), context.Request.Query["dockerfile"].ToString()));
            await answer(context, log);
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync($"{folder}/context.tar", "", TestContext.Current.CancellationToken);
        using var engine = new ContainerEngine(Microsoft.Extensions.Options.Options.Create(new ContainerSettings { Socket = $"{folder}/engine.sock" }));
        var failure = await Assert.ThrowsAsync<InstallFailedException>(() => new BuildKitBuilder(engine).RunAsync(
            "a:1", "sub/Dockerfile", ["line 2: RUN --mount"], new Dictionary<string, string>(), $"{folder}/context.tar", new BuildOutput(log), TestContext.Current.CancellationToken));
        var lines = log.After(0).Lines;
        folder.Delete(recursive: true);
        return (failure.Error, lines);
    }
}
