using Microsoft.AspNetCore.Http;
using Platform.Contracts;

namespace Platform.Installer.Tests;

public sealed class HttpSourceTests : HttpSourceTest
{
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
}
