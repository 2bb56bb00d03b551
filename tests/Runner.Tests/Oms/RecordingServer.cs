using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Platform.Runner.Tests.Oms;

/// <summary>What came over a connection, byte for byte; as text each byte is a character.</summary>
public sealed record RecordedRequest(string Line, IReadOnlyList<(string Name, string Value)> Headers, byte[] Body)
{
    private static readonly string[] Usual = ["Host", "Accept", "User-Agent"];

    public string Text => Encoding.UTF8.GetString(Body);

    public string? Header(string name) => Headers.FirstOrDefault(h => h.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;

    /// <summary>Without the headers that every request has.</summary>
    public string Shown => $"{Line}\n{string.Concat(Headers.Where(h => !Usual.Contains(h.Name)).Select(h => $"{h.Name}: {h.Value}\n"))}\n{Text}";
}

/// <summary>A server on a bare socket: it keeps what it is sent, and answers with whatever bytes it is told. One request for each connection.</summary>
public sealed class RecordingServer : IAsyncDisposable
{
    public static readonly byte[] Ok = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"u8.ToArray();

    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly Func<RecordedRequest, Stream, CancellationToken, Task> answer;
    private readonly Task serving;

    public RecordingServer(Func<RecordedRequest, Stream, CancellationToken, Task> answer)
    {
        this.answer = answer;
        listener.Start();
        Address = new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
        serving = ServeAsync();
    }

    public RecordingServer()
        : this((_, stream, cancel) => stream.WriteAsync(Ok, cancel).AsTask())
    {
    }

    public Uri Address { get; }

    public ConcurrentQueue<RecordedRequest> Requests { get; } = [];

    /// <summary>It answers everything alike.</summary>
    public static RecordingServer With(string status, string headers, byte[] body) => new(async (_, stream, cancel) =>
    {
        await stream.WriteAsync(Encoding.UTF8.GetBytes($"HTTP/1.1 {status}\r\n{headers}Connection: close\r\n\r\n"), cancel);
        await stream.WriteAsync(body, cancel);
    });

    public static RecordingServer With(string status, string contentType, string body) =>
        With(status, $"Content-Type: {contentType}\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n", Encoding.UTF8.GetBytes(body));

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await serving;
        listener.Stop();
        stop.Dispose();
    }

    private async Task ServeAsync()
    {
        List<Task> open = [];
        try
        {
            while (!stop.IsCancellationRequested)
                open.Add(TalkAsync(await listener.AcceptTcpClientAsync(stop.Token)));
        }
        catch (OperationCanceledException)
        {
            // As it was told.
        }

        await Task.WhenAll(open);
    }

    private async Task TalkAsync(TcpClient client)
    {
        using var _ = client;
        try
        {
            await using var stream = client.GetStream();
            var request = await ReadAsync(stream);
            Requests.Enqueue(request);
            await answer(request, stream, stop.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The client has had enough, or the test has.
        }
    }

    private async Task<RecordedRequest> ReadAsync(Stream stream)
    {
        List<byte> head = [];
        var one = new byte[1];
        while (!(head.Count > 3 && head[^4] == '\r' && head[^3] == '\n' && head[^2] == '\r' && head[^1] == '\n'))
        {
            await stream.ReadExactlyAsync(one, stop.Token);
            head.Add(one[0]);
        }

        var lines = Encoding.UTF8.GetString([.. head]).TrimEnd().Split("\r\n");
        List<(string Name, string Value)> headers = [.. lines.Skip(1).Select(line => line.Split(": ", 2)).Select(parts => (parts[0], parts.Length > 1 ? parts[1] : ""))];
        var length = headers.FirstOrDefault(h => h.Name == "Content-Length").Value;
        var body = new byte[length is null ? 0 : int.Parse(length, CultureInfo.InvariantCulture)];
        await stream.ReadExactlyAsync(body, stop.Token);
        return new(lines[0], headers, body);
    }
}
