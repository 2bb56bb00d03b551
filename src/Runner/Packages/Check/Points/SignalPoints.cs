using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace Platform.Runner.Packages.Check.Points;

/// <summary>G: it ends when it is told to, and finishes what it is at.</summary>
internal static class SignalPoints
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(400);

    private static readonly Point Stops = new("G1", Grade.Must, "SIGTERM ends it within 10 s",
        "Handle SIGTERM: as the first process of a container it is ignored otherwise. A shell that starts the server has to exec it.");

    private static readonly Point Cleanly = new("G2", Grade.Should, "After SIGTERM its exit code is 0", "End with exit code 0 after a shutdown that was asked for.");

    private static readonly Point Finishes = new("G3", Grade.Should, "A request that is under way at SIGTERM is answered", "Stop listening at SIGTERM, and end once the requests that have begun are answered.");

    private static readonly Point Interrupted = new("G4", Grade.Should, "SIGINT ends it within 10 s", "Handle SIGINT as SIGTERM.");

    private static readonly Point Early = new("G5", Grade.Should, "SIGTERM while it starts ends it within 10 s", "Handle SIGTERM from the very beginning.");

    public static IReadOnlyList<Point> All => [Stops, Cleanly, Finishes, Interrupted, Early];

    /// <param name="trial">Ready; it has ended afterwards, or nothing ends it.</param>
    public static async Task TermAsync(Findings findings, Trial trial, CancellationToken cancel)
    {
        var begun = Stopwatch.GetTimestamp();
        if (!await trial.SignalAsync("SIGTERM", cancel))
        {
            findings.Fail(Stops, $"It had ended before: {await trial.EndingAsync()}.");
            return;
        }

        if (!await trial.EndsAsync(Trial.Grace, cancel))
        {
            findings.Fail(Stops, $"It still ran {Trial.Grace.TotalSeconds:0} s after SIGTERM.");
            findings.Skip(Cleanly, "It did not end.");
            return;
        }

        findings.Pass(Stops, $"It ended {Stopwatch.GetElapsedTime(begun).TotalSeconds:0.0} s after SIGTERM.");
        var code = await trial.Container.Exited;
        findings.Judge(Cleanly, code == 0, $"Its exit code was {code}.");
    }

    public static async Task InterruptAsync(CheckedImage image, CancellationToken cancel)
    {
        await using var trial = await image.StartAsync(new(), cancel);
        if (await trial.ReadyAsync(cancel) is { } seen)
        {
            image.Findings.Skip(Interrupted, $"It was not ready: {seen}.");
            return;
        }

        await JudgeAsync(image.Findings, Interrupted, trial, "SIGINT", cancel);
    }

    public static async Task EarlyAsync(CheckedImage image, CancellationToken cancel)
    {
        await using var trial = await image.StartAsync(new(), cancel);
        // Its program has begun by then, wherever it is.
        await Task.WhenAny(trial.Container.Exited, Task.Delay(Pause, cancel));
        await JudgeAsync(image.Findings, Early, trial, "SIGTERM", cancel);
    }

    /// <summary>Half of a request, the signal, and then the other half.</summary>
    public static async Task FinishAsync(CheckedImage image, Probe probe, CancellationToken cancel)
    {
        await using var trial = await image.StartAsync(new(), cancel);
        if (await trial.ReadyAsync(cancel) is { } seen)
        {
            image.Findings.Skip(Finishes, $"It was not ready: {seen}.");
            return;
        }

        var body = Encoding.UTF8.GetBytes(probe.Query?.Body ?? """{"collection":"no_such_collection","query":{},"arguments":{},"collection_relationships":{}}""");
        var head = Encoding.ASCII.GetBytes(
            $"POST /query HTTP/1.1\r\nHost: {trial.Address!.Authority}\r\nAuthorization: Bearer {trial.Token}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n");
        var answered = "";
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            limit.CancelAfter(Trial.Grace);
            using var connection = new TcpClient();
            await connection.ConnectAsync(trial.Address.Host, trial.Address.Port, limit.Token);
            var stream = connection.GetStream();
            await stream.WriteAsync(head, limit.Token);
            await stream.WriteAsync(body.AsMemory(0, body.Length / 2), limit.Token);
            await Task.Delay(Pause, limit.Token);
            await trial.SignalAsync("SIGTERM", limit.Token);
            await Task.Delay(Pause, limit.Token);
            await stream.WriteAsync(body.AsMemory(body.Length / 2), limit.Token);
            using var reader = new StreamReader(stream, Encoding.UTF8);
            answered = await reader.ReadToEndAsync(limit.Token);
        }
        catch (Exception e) when (e is IOException or SocketException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            // As a request that is not answered.
        }

        var line = answered.Split('\r')[0];
        var words = line.Split(' ');
        var right = words is [_, { Length: 3 } status, ..] && (status == "200" || (probe.Query is null && status[0] == '4'));
        image.Findings.Judge(Finishes, right, right ? $"A query that had begun before SIGTERM was answered {words[1]}."
            : line.Length == 0 ? "A query that had begun before SIGTERM got no answer." : $"A query that had begun before SIGTERM was answered {Trial.Short(line)}.");
    }

    private static async Task JudgeAsync(Findings findings, Point point, Trial trial, string signal, CancellationToken cancel)
    {
        var begun = Stopwatch.GetTimestamp();
        if (!await trial.SignalAsync(signal, cancel))
        {
            findings.Skip(point, $"It had ended before: {await trial.EndingAsync()}.");
            return;
        }

        var ended = await trial.EndsAsync(Trial.Grace, cancel);
        findings.Judge(point, ended, ended ? $"It ended {Stopwatch.GetElapsedTime(begun).TotalSeconds:0.0} s after {signal}." : $"It still ran {Trial.Grace.TotalSeconds:0} s after {signal}.");
    }
}
