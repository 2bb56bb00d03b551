using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;

namespace Platform.Ndc.Tests.Tables;

/// <summary>What the packaging specification asks of a connector that serves: who may ask, what it writes, how it ends.</summary>
public sealed class ServeTests
{
    private const string Secret = "not-in-the-logs";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_secret_is_asked_for_everywhere_but_at_the_health_check_and_never_written()
    {
        await using var connector = await TablesProcess.ServeAsync(("HASURA_SERVICE_TOKEN_SECRET", Secret));
        foreach (var path in (string[])["/schema", "/capabilities", "/metrics", "/query", "/nowhere"])
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(connector, path, null));
            Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(connector, path, "wrong"));
            Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(connector, path, ""));
        }

        Assert.Equal(HttpStatusCode.OK, await AskAsync(connector, "/schema", Secret));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(connector, "/health", null));
        connector.Signal("TERM");
        await connector.EndAsync();
        Assert.DoesNotContain(Secret, connector.Output + connector.Errors);
    }

    [Theory]
    [InlineData("HASURA_SERVICE_TOKEN_SECRET")]
    [InlineData("OTHER")]
    public async Task Without_a_secret_or_with_an_empty_one_everybody_is_answered(string variable)
    {
        await using var connector = await TablesProcess.ServeAsync((variable, ""));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(connector, "/schema", null));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(connector, "/schema", "anything"));
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task A_signal_lets_the_request_that_is_under_way_end_and_then_ends_it_with_0(string signal)
    {
        await using var connector = await TablesProcess.ServeAsync();
        var body = """{"collection": "authors", "arguments": {}, "query": {"aggregates": {"n": {"type": "star_count"}}}, "collection_relationships": {}}""";
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, connector.Port, Cancel);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST /query HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {body.Length}\r\n\r\n"), Cancel);
        using var reader = new StreamReader(stream, Encoding.UTF8, leaveOpen: true);
        // Told to go on with the body: the request is being answered.
        Assert.Equal("HTTP/1.1 100 Continue", await reader.ReadLineAsync(Cancel).AsTask().WaitAsync(TablesProcess.Limit, Cancel));
        connector.Signal(signal);
        await RefusedAsync(connector);
        Assert.False(connector.Process.HasExited);

        await stream.WriteAsync(Encoding.UTF8.GetBytes(body), Cancel);
        var answer = await reader.ReadToEndAsync(Cancel).WaitAsync(TablesProcess.Limit, Cancel);
        Assert.Contains("HTTP/1.1 200 OK", answer);
        Assert.EndsWith("""[{"aggregates":{"n":2}}]""", answer);
        Assert.Equal(0, await connector.EndAsync());
        Assert.Equal("", connector.Errors);
    }

    [Fact]
    public async Task It_says_in_plain_text_that_it_listens_and_nothing_on_standard_error()
    {
        await using var connector = await TablesProcess.ServeAsync();
        await AskAsync(connector, "/schema", null);
        connector.Signal("TERM");
        Assert.Equal(0, await connector.EndAsync());
        Assert.Equal($"Listening on http://0.0.0.0:{connector.Port}, serving 5 collections from {TablesProcess.Sample}.\nStopping.\n", connector.Output);
        Assert.Equal("", connector.Errors);
    }

    /// <summary>No new connection is taken: it has begun to stop.</summary>
    private static async Task RefusedAsync(TablesProcess connector)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TablesProcess.Limit);
        while (true)
        {
            try
            {
                using var other = new TcpClient();
                await other.ConnectAsync(IPAddress.Loopback, connector.Port, limit.Token);
                await Task.Delay(20, limit.Token);
            }
            catch (SocketException)
            {
                return;
            }
        }
    }

    private static async Task<HttpStatusCode> AskAsync(TablesProcess connector, string path, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await connector.Http.SendAsync(request, Cancel);
        return response.StatusCode;
    }
}
