using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Platform.Installer.Tests;

/// <summary>Downloads that break off, change, grow or never end.</summary>
public sealed class DownloadTests : HttpSourceTest
{
    private const string Tag = "\"one\"";

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
}
