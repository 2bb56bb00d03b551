using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.ServerSentEvents;
using System.Net.Sockets;

namespace Platform.Benchmarks.Edge;

/// <summary>One stream of events on a connection of its own, and the ids that came.</summary>
internal sealed class EventListener : IDisposable
{
    // One address has some 28,000 ports; with several, other programs of this machine keep theirs.
    private const int Addresses = 8;
    private static int connected;

    private readonly HttpResponseMessage response;
    private readonly List<long> ids = [];
    private long last;

    private EventListener(HttpResponseMessage response) => this.response = response;

    /// <summary>In the order in which they came.</summary>
    public IReadOnlyList<long> Ids
    {
        get
        {
            lock (ids)
                return [.. ids];
        }
    }

    public int Count
    {
        get
        {
            lock (ids)
                return ids.Count;
        }
    }

    /// <summary>When the last one came: a timestamp of <see cref="Stopwatch"/>.</summary>
    public long Last => Interlocked.Read(ref last);

    /// <summary>Of the streams of all listeners.</summary>
    public static HttpClient Client(string url, string token)
    {
        var handler = new SocketsHttpHandler
        {
            ActivityHeadersPropagator = null,
            UseProxy = false,
            UseCookies = false,
            ConnectCallback = async (context, cancel) =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                try
                {
                    socket.Bind(new IPEndPoint(new IPAddress([127, 0, 0, (byte)(2 + ((uint)Interlocked.Increment(ref connected) % Addresses))]), 0));
                    await socket.ConnectAsync(context.DnsEndPoint, cancel);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };
        var http = new HttpClient(handler) { BaseAddress = new(url), Timeout = Timeout.InfiniteTimeSpan };
        http.DefaultRequestHeaders.Authorization = new("Bearer", token);
        http.DefaultRequestHeaders.Accept.Add(new("text/event-stream"));
        return http;
    }

    /// <exception cref="HttpRequestException">The stream was refused.</exception>
    public static async Task<EventListener> OpenAsync(HttpClient http, string path, CancellationToken cancel)
    {
        var response = await http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, cancel);
        if (response.IsSuccessStatusCode)
            return new(response);
        using (response)
            throw new HttpRequestException($"A stream was answered {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(cancel)}");
    }

    /// <summary>Until the stream ends.</summary>
    public async Task ListenAsync(CancellationToken cancel)
    {
        await using var body = await response.Content.ReadAsStreamAsync(cancel);
        // Of what is in an event nothing is kept: this has to be light enough for thousands.
        await foreach (var item in SseParser.Create(body, (_, _) => true).EnumerateAsync(cancel))
        {
            lock (ids)
                ids.Add(long.Parse(item.EventId!, NumberStyles.None, CultureInfo.InvariantCulture));
            Interlocked.Exchange(ref last, Stopwatch.GetTimestamp());
        }
    }

    public void Dispose() => response.Dispose();
}
