using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;
using Platform.Contracts;

namespace Platform.Installer.Tests;

public sealed class HttpSourceTests
{
    private const string Tag = "\"one\"";
    private static readonly byte[] Program = [.. "#!/bin/sh\n"u8, .. RandomNumberGenerator.GetBytes(1 << 20)];

    [Fact]
    public async Task A_single_file_becomes_the_only_one_and_is_executable()
    {
        await using var server = await FileServer.OfAsync(Program);
        using var place = Place();

        var (status, tree) = await place.SucceedAsync(Http($"{server.Address}/releases/my%20tool?token=hunter22"));

        Assert.Equal("my tool", Workplace.Shell($"ls -A {tree}"));
        Assert.Equal(Program, await File.ReadAllBytesAsync(Path.Combine(tree, "my tool"), TestContext.Current.CancellationToken));
        Assert.True(File.GetUnixFileMode(Path.Combine(tree, "my tool")).HasFlag(UnixFileMode.UserExecute));
        var log = place.LogText(status);
        Assert.Contains($"downloaded {Program.Length} bytes, sha256 {Sha256(Program)}", log, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter22", log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ftp://example.com/x")]
    [InlineData("file:///etc/passwd")]
    [InlineData("https://user:secret@example.com/x")]
    [InlineData("example.com/x")]
    [InlineData("")]
    public async Task A_url_that_is_none_of_http_is_refused(string url)
    {
        using var place = Place();
        Assert.Equal("http_bad_url", (await place.FailAsync(Http(url))).Code);
    }

    [Fact]
    public async Task A_single_file_without_a_name_is_refused()
    {
        await using var server = await FileServer.OfAsync(Program);
        using var place = Place();
        Assert.Equal("http_bad_url", (await place.FailAsync(Http($"{server.Address}/releases/"))).Code);
    }

    [Theory]
    [InlineData("http://127.0.0.1:1/x")]
    [InlineData("http://169.254.169.254/latest/meta-data")]
    [InlineData("https://[::1]/x")]
    public async Task A_host_that_is_not_public_is_refused(string url)
    {
        using var place = new Workplace();
        Assert.Equal("outbound_refused", (await place.FailAsync(Http(url))).Code);
    }

    [Theory]
    [InlineData("file:///etc/passwd", "outbound_redirect_refused")]
    [InlineData("ftp://example.com/x", "outbound_redirect_refused")]
    [InlineData("http://10.0.0.1/x", "outbound_refused")]
    [InlineData("http://[fd00::1]/x", "outbound_refused")]
    [InlineData("/again", "outbound_redirect_refused")]
    public async Task A_redirect_to_where_nothing_may_be_fetched_is_refused(string target, string code)
    {
        await using var server = await FileServer.StartAsync(context => { context.Response.Redirect(target); return Task.CompletedTask; });
        using var place = Place();
        var error = await place.FailAsync(Http($"{server.Address}/x"));
        Assert.Equal(code, error.Code);
        Assert.NotNull(error.Remedy);
    }

    [Fact]
    public async Task Redirects_are_followed_as_often_as_the_setting_says()
    {
        await using var server = await FileServer.StartAsync(async context =>
        {
            var hop = int.Parse(context.Request.Path.Value!.Trim('/'), System.Globalization.CultureInfo.InvariantCulture);
            if (hop > 0) context.Response.Redirect($"/{hop - 1}");
            else await context.Response.Body.WriteAsync(Program);
        });
        using var place = Place(options => options.MaxRedirects = 2);
        await place.SucceedAsync(Http($"{server.Address}/2"));
        Assert.Equal("outbound_redirect_refused", (await place.FetchFailsAsync(Http($"{server.Address}/3"), null)).Code);
    }

    [Theory]
    [InlineData(404, "download_not_found", 1)]
    [InlineData(410, "download_not_found", 1)]
    [InlineData(401, "download_denied", 1)]
    [InlineData(403, "download_denied", 1)]
    [InlineData(500, "download_server_error", 3)]
    [InlineData(503, "download_server_error", 3)]
    [InlineData(429, "download_server_error", 3)]
    [InlineData(204, "download_bad_status", 1)]
    [InlineData(206, "download_bad_status", 1)]
    public async Task A_status_other_than_200_is_told(int status, string code, int attempts)
    {
        await using var server = await FileServer.StartAsync(context => { context.Response.StatusCode = status; return Task.CompletedTask; });
        using var place = Place();
        var error = await place.FailAsync(Http($"{server.Address}/x?token=hunter22"));
        Assert.Equal(code, error.Code);
        Assert.Contains($"{server.Address}/x", error.Message, StringComparison.Ordinal);
        Assert.Contains($"{status}", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter22", $"{error}", StringComparison.Ordinal);
        Assert.NotNull(error.Remedy);
        Assert.Equal(attempts, server.Requests.Count);
    }

    [Theory]
    [InlineData("text/html; charset=utf-8", "anything")]
    [InlineData("application/octet-stream", "\ufeff\n <!DOCTYPE html><html></html>")]
    [InlineData("application/zip", "<HTML><body>Sign in</body></HTML>")]
    public async Task A_page_in_place_of_a_file_is_refused(string type, string body)
    {
        await using var server = await FileServer.StartAsync(context => { context.Response.ContentType = type; return context.Response.WriteAsync(body); });
        using var place = Place();
        Assert.Equal("download_is_html", (await place.FailAsync(Http($"{server.Address}/connector.zip"))).Code);
        await place.SucceedAsync(Http($"{server.Address}/page.html"));
    }

    [Fact]
    public async Task An_empty_answer_is_refused()
    {
        await using var server = await FileServer.OfAsync([]);
        using var place = Place();
        Assert.Equal("download_empty", (await place.FailAsync(Http($"{server.Address}/x"))).Code);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_told()
    {
        var server = await FileServer.OfAsync(Program);
        await server.DisposeAsync();
        using var place = Place();
        Assert.Equal("download_unreachable", (await place.FailAsync(Http($"{server.Address}/x"))).Code);
    }

    [Fact]
    public async Task A_server_without_a_trusted_certificate_is_told()
    {
        using var certificate = FileServer.Certificate();
        await using var server = await FileServer.StartAsync(context => context.Response.WriteAsync("x"), certificate);
        using var place = Place();
        Assert.Equal("download_tls_failed", (await place.FailAsync(Http($"{server.Address}/x"))).Code);
    }

    [Fact]
    public async Task A_digest_that_differs_is_refused_and_both_are_named()
    {
        await using var server = await FileServer.OfAsync(Program);
        using var place = Place();
        var other = Sha256("other"u8.ToArray());
        foreach (var (manifest, pin) in ((string?, SourcePin?)[])[(other, null), (null, new SourcePin(null, other, null, false)), (Sha256(Program), new SourcePin(null, other, null, false))])
        {
            var error = await place.FetchFailsAsync(Http($"{server.Address}/x") with { Sha256 = manifest }, pin);
            Assert.Equal("source_digest_mismatch", error.Code);
            Assert.Contains(other, error.Message, StringComparison.Ordinal);
            Assert.Contains(Sha256(Program), error.Message, StringComparison.Ordinal);
        }
        Assert.Equal("source_digest_mismatch", (await place.FailAsync(Http($"{server.Address}/x") with { Sha256 = other })).Code);
        await place.SucceedAsync(Http($"{server.Address}/x") with { Sha256 = Sha256(Program).ToUpperInvariant() });
        var fetched = await place.FetchAsync(Http($"{server.Address}/x"), new SourcePin(null, Sha256(Program), null, false));
        Assert.Equal(Sha256(Program), fetched.SourceDigest);
    }

    [Theory]
    [InlineData("etag")]
    [InlineData("date")]
    public async Task A_cut_download_goes_on_where_it_ended(string validator)
    {
        await using var server = await FileServer.StartAsync(CuttingAsync(validator, ranges: true));
        using var place = Place();

        var (status, tree) = await place.SucceedAsync(Http($"{server.Address}/x"));

        Assert.Equal(Program, await File.ReadAllBytesAsync(Path.Combine(tree, "x"), TestContext.Current.CancellationToken));
        Assert.Equal(2, server.Requests.Count);
        Assert.StartsWith("bytes=", server.Requests[1].Range, StringComparison.Ordinal);
        Assert.NotNull(server.Requests[1].IfRange);
        Assert.Contains("going on at byte", place.LogText(status), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("etag", false)] // answers the whole again
    [InlineData("weak", true)]
    [InlineData("none", true)]
    [InlineData("fresh date", true)]
    public async Task A_cut_download_that_cannot_go_on_begins_anew(string validator, bool ranges)
    {
        await using var server = await FileServer.StartAsync(CuttingAsync(validator, ranges));
        using var place = Place();

        var (_, tree) = await place.SucceedAsync(Http($"{server.Address}/x"));

        Assert.Equal(Program, await File.ReadAllBytesAsync(Path.Combine(tree, "x"), TestContext.Current.CancellationToken));
        Assert.Equal(validator == "etag", server.Requests[1].Range is not null);
    }

    [Fact]
    public async Task A_download_that_is_cut_every_time_ends()
    {
        await using var server = await FileServer.StartAsync(CuttingAsync("none", ranges: false, always: true));
        using var place = Place();
        var error = await place.FailAsync(Http($"{server.Address}/x"));
        Assert.Equal("download_cut", error.Code);
        Assert.Contains($"{Program.Length}", error.Message, StringComparison.Ordinal);
        Assert.Equal(3, server.Requests.Count);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(206)]
    public async Task A_file_that_changes_its_length_between_attempts_is_refused(int second)
    {
        var cut = CuttingAsync("etag", ranges: false);
        FileServer? server = null;
        server = await FileServer.StartAsync(async context =>
        {
            if (server!.Requests.Count == 1) { await cut(context); return; }
            context.Response.StatusCode = second;
            var from = long.Parse(server.Requests[1].Range!["bytes=".Length..^1], System.Globalization.CultureInfo.InvariantCulture);
            if (second == 206) context.Response.Headers.ContentRange = $"bytes {from}-{Program.Length}/{Program.Length + 1}";
            var answer = new byte[second == 206 ? Program.Length + 1 - from : Program.Length + 1];
            context.Response.ContentLength = answer.Length;
            await context.Response.Body.WriteAsync(answer);
        });
        await using var _ = server;
        using var place = Place();
        Assert.Equal("download_changed", (await place.FailAsync(Http($"{server.Address}/x"))).Code);
    }

    [Fact]
    public async Task Another_part_than_was_asked_for_is_not_taken()
    {
        var cut = CuttingAsync("etag", ranges: false);
        FileServer? server = null;
        server = await FileServer.StartAsync(async context =>
        {
            if (context.Request.Headers.Range.Count == 0) { await cut(context); return; }
            context.Response.StatusCode = 206;
            context.Response.Headers.ContentRange = $"bytes 1-{Program.Length - 1}/{Program.Length}";
            await context.Response.Body.WriteAsync(Program.AsMemory(1));
        });
        await using var _ = server;
        using var place = Place(options => options.DownloadAttempts = 2);
        Assert.Equal("download_bad_range", (await place.FailAsync(Http($"{server.Address}/x"))).Code);
    }

    [Fact]
    public async Task A_part_that_is_longer_than_the_rest_is_refused()
    {
        var cut = CuttingAsync("etag", ranges: false);
        await using var server = await FileServer.StartAsync(async context =>
        {
            if (context.Request.Headers.Range is not [{ } range, ..]) { await cut(context); return; }
            var from = int.Parse(range["bytes=".Length..^1], System.Globalization.CultureInfo.InvariantCulture);
            context.Response.StatusCode = 206;
            context.Response.Headers.ContentRange = $"bytes {from}-{Program.Length - 1}/{Program.Length}";
            await context.Response.Body.WriteAsync(Program.AsMemory(from));
            await context.Response.WriteAsync("and more");
        });
        using var place = Place();
        Assert.Equal("download_too_long", (await place.FailAsync(Http($"{server.Address}/x"))).Code);
    }

    [Fact]
    public async Task What_comes_after_the_promised_length_is_not_taken()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = Task.Run(async () =>
        {
            using var caller = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
            await using var stream = caller.GetStream();
            _ = await stream.ReadAsync(new byte[4096], TestContext.Current.CancellationToken);
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nprogramand more that nobody asked for"u8.ToArray(), TestContext.Current.CancellationToken);
        }, TestContext.Current.CancellationToken);
        using var place = Place();

        var (_, tree) = await place.SucceedAsync(Http($"http://{listener.LocalEndpoint}/x"));

        Assert.Equal("program", await File.ReadAllTextAsync(Path.Combine(tree, "x"), TestContext.Current.CancellationToken));
        await serving;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_file_that_is_too_large_is_refused(bool promised)
    {
        await using var server = await FileServer.StartAsync(async context =>
        {
            if (promised) context.Response.ContentLength = 1L << 40;
            // Else without an end.
            while (!context.RequestAborted.IsCancellationRequested) await context.Response.Body.WriteAsync(Program, context.RequestAborted);
        });
        using var place = Place(options => options.MaxBytes = 10 << 20);
        Assert.Equal("download_too_large", (await place.FailAsync(Http($"{server.Address}/x"))).Code);
    }

    [Fact]
    public async Task A_server_that_falls_silent_is_given_up()
    {
        await using var server = await FileServer.StartAsync(async context =>
        {
            await context.Response.WriteAsync("some");
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        });
        using var place = Place(options => (options.DownloadIdleLimit, options.DownloadAttempts) = (TimeSpan.FromSeconds(1), 2));
        Assert.Equal("download_stalled", (await place.FailAsync(Http($"{server.Address}/x"))).Code);
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task A_download_that_never_ends_is_given_up()
    {
        await using var server = await FileServer.StartAsync(async context =>
        {
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.WriteAsync("drip", context.RequestAborted);
                await Task.Delay(20, CancellationToken.None);
            }
        });
        using var place = Place(options => options.DownloadTimeLimit = TimeSpan.FromMilliseconds(500));
        Assert.Equal("download_timed_out", (await place.FailAsync(Http($"{server.Address}/x"))).Code);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Progress_has_bytes_and_total()
    {
        await using var server = await FileServer.OfAsync(Program);
        using var place = Place();
        var news = new List<(long Done, long? Total)>();
        await place.FetchAsync(Http($"{server.Address}/x"), null, (done, total) => news.Add((done, total)));
        Assert.Equal((0, Program.Length), news[0]);
        Assert.Equal((Program.Length, Program.Length), news[^1]);
        Assert.Equal(news.OrderBy(n => n.Done), news);
    }

    [Fact]
    public async Task A_connector_for_another_platform_is_refused_before_it_is_fetched()
    {
        await using var server = await FileServer.OfAsync(Program);
        using var place = Place();
        var error = await place.FailAsync(Http($"{server.Address}/x") with { Platforms = ["windows/amd64", "linux/sparc"] });
        Assert.Equal("platform_unsupported", error.Code);
        Assert.Empty(server.Requests);
        await place.SucceedAsync(Http($"{server.Address}/x") with { Platforms = ["linux/amd64", "linux/arm64"] });
    }

    /// <summary>Ends its first answer, or each, in the middle.</summary>
    private static RequestDelegate CuttingAsync(string validator, bool ranges, bool always = false)
    {
        var cuts = 0;
        return async context =>
        {
            var headers = context.Response.GetTypedHeaders();
            if (validator == "etag") headers.ETag = new EntityTagHeaderValue(Tag);
            if (validator == "weak") headers.ETag = new EntityTagHeaderValue(Tag, isWeak: true);
            if (validator is "date") headers.LastModified = DateTimeOffset.UtcNow.AddDays(-1);
            if (validator is "fresh date") headers.LastModified = DateTimeOffset.UtcNow;
            var from = 0;
            if (ranges && context.Request.GetTypedHeaders() is { Range.Ranges: var asked, IfRange: not null })
            {
                from = (int)asked.Single().From!.Value;
                context.Response.StatusCode = 206;
                headers.ContentRange = new ContentRangeHeaderValue(from, Program.Length - 1, Program.Length);
            }
            context.Response.ContentLength = Program.Length - from;
            if (always || Interlocked.Increment(ref cuts) == 1)
            {
                await context.Response.Body.WriteAsync(Program.AsMemory(from, Program.Length / 2));
                await context.Response.Body.FlushAsync();
                // What was sent arrives, and then the end.
                context.Features.GetRequiredFeature<IConnectionSocketFeature>().Socket.Shutdown(SocketShutdown.Send);
                return;
            }
            await context.Response.Body.WriteAsync(Program.AsMemory(from));
        };
    }

    private static Workplace Place(Action<InstallOptions>? configure = null) => new(options =>
    {
        options.DownloadAttempts = 3;
        options.DownloadBackoff = TimeSpan.FromMilliseconds(10);
        configure?.Invoke(options);
    }, allow: "127.0.0.1");

    private static Manifest Http(string uri) => new("demo", null, "HTTP", uri, null, null, "./run");

    private static string Sha256(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));
}
