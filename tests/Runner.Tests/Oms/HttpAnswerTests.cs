using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Platform.Oms;

namespace Platform.Runner.Tests.Oms;

/// <summary>What becomes of answers, good and hostile.</summary>
public sealed class HttpAnswerTests : HttpActionTest
{
    [Theory]
    [InlineData("408 Request Timeout", true)]
    [InlineData("425 Too Early", true)]
    [InlineData("429 Too Many Requests", true)]
    [InlineData("500 Internal Server Error", true)]
    [InlineData("503 Service Unavailable", true)]
    [InlineData("400 Bad Request", false)]
    [InlineData("404 Not Found", false)]
    [InlineData("304 Not Modified", false)]
    public async Task A_status_says_whether_to_try_again(string status, bool again)
    {
        await using var server = RecordingServer.With(status, "Content-Length: 10\r\n", status[0] == '3' ? [] : "it's \0there"u8[..10].ToArray());

        var error = (await InvokeAsync(server, Action(Http("POST", "/a")))).Error!;
        var optedOut = (await InvokeAsync(server, Action(Http("POST", "/a")) with { Retry = false })).Error!;

        Assert.Equal(($"http_{status[..3]}", again, again), (error.Code, error.Retryable, error.AsksAgain));
        Assert.Equal((again, false), (optedOut.Retryable, optedOut.AsksAgain));
        Assert.StartsWith($"The service answered POST /a with the status {status}", error.Message, StringComparison.Ordinal);
        Assert.True(status[0] == '3' || error.Message.EndsWith(": it's \ufffdther", StringComparison.Ordinal), error.Message);
        Assert.Empty(error.Violations);
    }

    [Fact]
    public async Task What_an_error_says_is_bounded_in_size_and_time()
    {
        await using var server = new RecordingServer(async (_, stream, cancel) =>
        {
            await stream.WriteAsync(Encoding.UTF8.GetBytes("HTTP/1.1 409 Conflict\r\nConnection: close\r\n\r\n" + new string('x', 1500)), cancel);
            await Task.Delay(Timeout.Infinite, cancel);
        });

        var error = (await InvokeAsync(server, Action(Http("GET")))).Error!;

        Assert.Equal(("http_409", false), (error.Code, error.Retryable));
        Assert.InRange(error.Message.Length, 400, 700);
    }

    [Theory]
    [InlineData("Retry-After: 7\r\n", 7, 7)]
    [InlineData("Retry-After: Fri, 31 Dec 2500 23:59:59 GMT\r\n", 1e6, 1e12)]
    public async Task When_to_come_back_is_heard(string header, double least, double most)
    {
        await using var server = RecordingServer.With("503 Away", header + "Content-Length: 0\r\n", []);

        Assert.InRange((await InvokeAsync(server, Action(Http("GET")))).Error!.NotBefore!.Value.TotalSeconds, least, most);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task Where_nobody_listens_nothing_was_done_and_it_is_tried_again(string method)
    {
        var server = new RecordingServer();
        await server.DisposeAsync();

        var error = (await InvokeAsync(server, Action(Http(method)))).Error!;

        Assert.Equal(("service_unreachable", true, true), (error.Code, error.Retryable, error.AsksAgain));
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Le")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\n{\"a\"")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{\"a\"\r\n")]
    public async Task An_answer_that_breaks_off_is_asked_for_again_unless_it_may_have_had_an_effect(string half)
    {
        await using var server = new RecordingServer((_, stream, cancel) => stream.WriteAsync(Encoding.ASCII.GetBytes(half), cancel).AsTask());

        foreach (var method in new[] { "GET", "PUT", "DELETE" })
        {
            var error = (await InvokeAsync(server, Action(Http(method)))).Error!;
            Assert.Equal(("answer_lost", true, true), (error.Code, error.Retryable, error.AsksAgain));
        }

        server.Requests.Clear();
        foreach (var action in new[] { Action(Http("POST")), Action(Http("PATCH"), Argument("s", OmsIn.RequestBody)) })
        {
            var fault = await Assert.ThrowsAsync<RunFaultException>(() => InvokeAsync(server, action));
            Assert.Equal(("answer_lost", false), (fault.Fault.Code, fault.Fault.Transient));
        }

        Assert.False((await InvokeAsync(server, Action(Http("GET")) with { Retry = false })).Error!.AsksAgain);
        // Nor does the framework send them twice.
        Assert.Equal(["POST", "PATCH", "GET"], server.Requests.Select(r => r.Line.Split(' ')[0]));
    }

    [Fact]
    public async Task A_post_over_a_connection_that_died_meanwhile_is_not_repeated_behind_our_backs()
    {
        var requests = 0;
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        // Answers every request but the second, upon which it ends the connection.
        _ = Task.Run(async () =>
        {
            var buffer = new byte[4096];
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
                while (await client.GetStream().ReadAsync(buffer, TestContext.Current.CancellationToken) > 0 && Interlocked.Increment(ref requests) != 2)
                    await client.GetStream().WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"u8.ToArray(), TestContext.Current.CancellationToken);
            }
        }, TestContext.Current.CancellationToken);
        var here = new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");

        Assert.Null((await InvokeAsync(here, Action(Http("POST")))).Error);
        var fault = await Assert.ThrowsAsync<RunFaultException>(() => InvokeAsync(here, Action(Http("POST"))));

        Assert.Equal(("answer_lost", 2), (fault.Fault.Code, requests));
    }

    [Theory]
    [InlineData("Content-Length: 1025\r\n")]
    [InlineData("")]
    public async Task An_answer_larger_than_allowed_is_left_as_soon_as_that_is_known(string header)
    {
        await using var server = new RecordingServer(async (_, stream, cancel) =>
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\n{header}\r\n"), cancel);
            // Endless where no length was said.
            for (var i = 0; header.Length == 0 || i < 1; i++)
                await stream.WriteAsync(new byte[512], cancel);
            await Task.Delay(Timeout.Infinite, cancel);
        });

        var fault = await Assert.ThrowsAsync<RunFaultException>(() => InvokeAsync(server, Action(Http("POST")), maxBytes: 1024));

        Assert.Equal("result_too_large", fault.Fault.Code);
    }

    [Fact]
    public async Task A_result_that_grows_by_becoming_json_has_the_same_limit()
    {
        await using var server = RecordingServer.With("200 OK", "text/plain", new string('"', 600));

        Assert.Equal("result_too_large", (await Assert.ThrowsAsync<RunFaultException>(() => InvokeAsync(server, Action(Http("GET")), maxBytes: 1000))).Fault.Code);
    }

    [Fact]
    public async Task An_answer_that_never_comes_ends_with_the_invocation()
    {
        using var stop = new CancellationTokenSource();
        await using var server = new RecordingServer(async (_, _, cancel) =>
        {
            await stop.CancelAsync();
            await Task.Delay(Timeout.Infinite, cancel);
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => InvokeAsync(server, Action(Http("POST")), cancel: stop.Token));
    }

    [Fact]
    public async Task What_is_compressed_unasked_is_not_unpacked()
    {
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true))
            await gzip.WriteAsync(new byte[1 << 20], TestContext.Current.CancellationToken);
        await using var server = RecordingServer.With("200 OK", $"Content-Encoding: gzip\r\nContent-Length: {packed.Length}\r\n", packed.ToArray());

        Assert.Equal("bad_answer", (await Assert.ThrowsAsync<RunFaultException>(() => InvokeAsync(server, Action(Http("GET"))))).Fault.Code);
        Assert.Null(Assert.Single(server.Requests).Header("Accept-Encoding"));
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9.6\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nX: {0}\r\n\r\n")]
    public async Task What_is_no_http_is_a_fault(string answer)
    {
        await using var server = new RecordingServer((_, stream, cancel) =>
            stream.WriteAsync(Encoding.ASCII.GetBytes(answer.Replace("{0}", new string('x', 100_000), StringComparison.Ordinal)), cancel).AsTask());

        Assert.Equal("bad_answer", (await Assert.ThrowsAsync<RunFaultException>(() => InvokeAsync(server, Action(Http("GET"))))).Fault.Code);
    }

    [Fact]
    public async Task Nothing_declared_means_that_the_answer_is_not_looked_at()
    {
        await using var server = RecordingServer.With("200 OK", "Content-Length: 3000000\r\n", [0xff]);

        Assert.Equal("null"u8.ToArray(), (await InvokeAsync(server, Action(Http("POST")) with { Output = new(OmsTypes.None) })).Result);
    }

    [Theory]
    [InlineData("GET", "302 Found", "/other/", "GET /other/")]
    [InlineData("GET", "301 Moved", "{0}/a/../b?c=%2e", "GET /b?c=.")]
    [InlineData("POST", "308 Permanent", "other", "POST /other")]
    [InlineData("PUT", "307 Temporary", "/other", "PUT /other")]
    [InlineData("POST", "303 See Other", "/other", "GET /other")]
    public async Task A_redirect_within_the_server_is_followed(string method, string status, string location, string expected)
    {
        await using var server = Redirecting(status, location);

        var answer = await InvokeAsync(server, Action(Http(method), Argument("s", OmsIn.RequestBody)), """{"s": 1}""");

        Assert.Null(answer.Error);
        Assert.StartsWith(expected, server.Requests.Last().Line, StringComparison.Ordinal);
        Assert.Equal(status.StartsWith("303", StringComparison.Ordinal) ? "" : """{"s":1}""", server.Requests.Last().Text);
    }

    [Theory]
    [InlineData("GET", "302 Found", "http://127.0.0.1:1/p")]
    [InlineData("GET", "302 Found", "http://localhost:{1}/p")]
    [InlineData("GET", "302 Found", "https://127.0.0.1:{1}/p")]
    [InlineData("GET", "302 Found", "file:///etc/passwd")]
    [InlineData("GET", "302 Found", "http://user@127.0.0.1:{1}/")]
    [InlineData("POST", "302 Found", "/other")]
    [InlineData("GET", "302 Found", "/p")]
    public async Task Any_other_redirect_is_not(string method, string status, string location)
    {
        await using var server = Redirecting(status, location);

        var error = (await InvokeAsync(server, Action(Http(method, "/p")))).Error!;

        Assert.Equal(("redirect_refused", false), (error.Code, error.Retryable));
        Assert.Equal(location == "/p" ? 6 : 1, server.Requests.Count);
    }

    [Fact]
    public async Task An_address_outside_passes_the_guard_first_and_after_a_redirect()
    {
        await using var server = Redirecting("302 Found", "/other");
        var action = Action(new("GET", null, "", $"{server.Address}v1/{{s}}", OmsHttp.Json), Argument("s", OmsIn.Path), Argument("q", OmsIn.Query));

        var refused = await Assert.ThrowsAsync<RunFaultException>(() => InvokeAsync(server, action, """{"s": "a/b", "q": ""}"""));
        Assert.Equal(("outbound_refused", 0), (refused.Fault.Code, server.Requests.Count));
        using var allowing = Clients(server.Address.Authority);
        Assert.Null((await InvokeAsync(server, action, """{"s": "a/b", "q": ""}""", through: allowing)).Error);

        Assert.Equal(["GET /v1/a%2Fb?q= HTTP/1.1", "GET /other HTTP/1.1"], server.Requests.Select(r => r.Line));
    }

    [Theory]
    [InlineData("http://{s}/a")]
    [InlineData("ftp://example.com/{s}")]
    [InlineData("http://user:password@example.com/{s}")]
    [InlineData("/a/{s}")]
    public async Task A_url_without_a_fixed_server_is_none(string url)
    {
        await using var server = new RecordingServer();

        var fault = await Assert.ThrowsAsync<RunFaultException>(
            () => InvokeAsync(server, Action(new("GET", null, "", url, OmsHttp.Json), Argument("s", OmsIn.Path)), """{"s": "example.com"}"""));

        Assert.Equal("bad_definition", fault.Fault.Code);
    }

    [Fact]
    public async Task Sixty_four_at_a_time_get_their_own_answers()
    {
        await using var server = new RecordingServer(async (request, stream, cancel) =>
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {request.Text.Length}\r\nConnection: close\r\n\r\n{request.Text}"), cancel));
        var action = Action(Http("POST"), Argument("s", OmsIn.RequestBody)) with { Output = new(OmsTypes.Map) };

        var answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(i => InvokeAsync(server, action, $$"""{"s": {{i}}}""")));

        Assert.Equal(Enumerable.Range(0, 64).Select(i => $$"""{"s":{{i}}}"""), answers.Select(a => Encoding.UTF8.GetString(a.Result!)));
    }

    private static RecordingServer Redirecting(string status, string location)
    {
        RecordingServer? server = null;
        return server = new(async (request, stream, cancel) =>
        {
            var to = location.Replace("{0}", server!.Address.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal).Replace("{1}", $"{server.Address.Port}", StringComparison.Ordinal);
            await stream.WriteAsync(
                server.Requests.Count > 1 && location != "/p" ? RecordingServer.Ok
                    : Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), cancel);
        });
    }
}
