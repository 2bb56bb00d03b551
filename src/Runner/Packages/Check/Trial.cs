using System.Diagnostics;
using System.Net;
using System.Text;
using Docker.DotNet;
using Platform.Ndc;
using Platform.Runner.Containers;

namespace Platform.Runner.Packages.Check;

/// <summary>A container of the image under check, and what it wrote. It is gone once this is disposed, whatever happened.</summary>
internal sealed class Trial : IAsyncDisposable
{
    /// <summary>Within which an image is ready, or has ended if it can't be.</summary>
    public static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(25);

    /// <summary>Within which it has ended after a signal: what engines wait before they kill.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private const int MaxLines = 2000;
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(25);
    private static readonly HttpClient Http = NdcHttp.Client();
    private readonly long begun = Stopwatch.GetTimestamp();
    private readonly CheckedImage image;
    private readonly Lines output;
    private readonly Lines error;

    private Trial(CheckedImage image, Container container, int port, string folder, string token, Lines output, Lines error)
    {
        (this.image, Container, Folder, Token, this.output, this.error) = (image, container, folder, token, output, error);
        Address = container.IsPublishing([port]) ? container.AddressOf(port) : null;
    }

    public Container Container { get; }

    /// <summary>Null: it had ended before its port could be asked for.</summary>
    public Uri? Address { get; }

    /// <summary>Of this machine, with its configuration.</summary>
    public string Folder { get; }

    public string Token { get; }

    public IReadOnlyList<string> Output => output.All;

    public IReadOnlyList<string> Error => error.All;

    public bool HasEnded => Container.Exited.IsCompleted;

    public static async Task<Trial> StartAsync(CheckedImage image, ContainerStart start, string folder, string token, CancellationToken cancel)
    {
        var (output, error) = (new Lines(), new Lines());
        var container = await Container.StartAsync(image.Engine, start, image.Name, output.Add, error.Add, cancel);
        return new(image, container, start.Ports.Single(), folder, token, output, error);
    }

    /// <param name="isCounted">False: how long it takes says nothing.</param>
    /// <returns>Null: it is ready; else what was seen instead, as the rest of a sentence.</returns>
    public async Task<string?> ReadyAsync(CancellationToken cancel, bool isCounted = true)
    {
        var seen = "nothing answered at its port";
        while (!HasEnded && Stopwatch.GetElapsedTime(begun) < StartLimit && Address is not null)
        {
            try
            {
                var health = await SendAsync(HttpMethod.Get, "/health", null, cancel, token: "");
                if (health.Status == 200)
                {
                    if (isCounted)
                        image.Findings.Started(Stopwatch.GetElapsedTime(begun));
                    return null;
                }

                seen = $"GET /health answered {health.Status}";
            }
            catch (NdcException)
            {
                // Not yet.
            }

            await Task.WhenAny(Container.Exited, Task.Delay(Interval, cancel));
        }

        cancel.ThrowIfCancellationRequested();
        return Address is null || HasEnded ? await EndingAsync() : $"{seen} within {StartLimit.TotalSeconds:0} s";
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>True: it has ended.</returns>
    public async Task<bool> EndsAsync(TimeSpan limit, CancellationToken cancel)
    {
        await Task.WhenAny(Container.Exited, Task.Delay(limit, cancel));
        cancel.ThrowIfCancellationRequested();
        if (!HasEnded)
            return false;
        await Container.DrainAsync();
        return true;
    }

    /// <returns>False: it had ended before.</returns>
    public async Task<bool> SignalAsync(string signal, CancellationToken cancel)
    {
        try
        {
            await Container.SignalAsync(signal, cancel);
            return true;
        }
        catch (DockerApiException)
        {
            return false;
        }
    }

    /// <param name="token">Null: its own; empty: none.</param>
    /// <exception cref="NdcException">There is no answer, or none that can be read to its end.</exception>
    public async Task<Exchange> SendAsync(
        HttpMethod method, string path, string? body, CancellationToken cancel, string? token = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, new Uri(Address!, path));
        if ((token ?? Token) is { Length: > 0 } secret)
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {secret}");
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        var response = await NdcAnswer.SendAsync(Http, request, AnswerLimit, cancel);
        await using var answer = new NdcAnswer(response, $"{method} {path}", new() { Silence = AnswerLimit, MaxAnswerBytes = 16 << 20 });
        return new(answer.Request, answer.Status, await answer.ReadAllAsync(cancel));
    }

    /// <summary>How it ended, as the rest of a sentence.</summary>
    public async Task<string> EndingAsync()
    {
        await Task.WhenAny(Container.Exited, Task.Delay(TimeSpan.FromSeconds(2)));
        await Container.DrainAsync();
        var code = HasEnded ? $"it exited with code {await Container.Exited}" : "it published no port";
        var words = Error.Concat(Output).LastOrDefault(l => l.Trim().Length > 0);
        return words is null ? $"{code} and wrote nothing" : $"{code}; its last words: {Short(words)}";
    }

    public async ValueTask DisposeAsync() => await Container.EndAsync();

    public static string Short(string text) => text.Length <= 200 ? text : text[..200] + "…";

    private sealed class Lines
    {
        private readonly Lock gate = new();
        private readonly List<string> lines = [];

        public IReadOnlyList<string> All
        {
            get
            {
                lock (gate)
                    return [.. lines];
            }
        }

        public void Add(string line, bool cut)
        {
            lock (gate)
                if (lines.Count < MaxLines) lines.Add(line);
        }
    }
}

/// <summary>A request and its answer.</summary>
internal sealed record Exchange(string Request, int Status, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);

    /// <summary>As the rest of a sentence.</summary>
    public override string ToString() => $"{Request} answered {Status}";
}
