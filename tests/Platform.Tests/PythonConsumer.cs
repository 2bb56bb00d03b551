using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Platform.Tests;

/// <summary>consumer.py under Debian's Python: events as a program in another language sees them.</summary>
internal sealed class PythonConsumer : IAsyncDisposable
{
    private readonly Process process;

    private PythonConsumer(Process process) => this.process = process;

    public static async Task<PythonConsumer> StartAsync(string brokerUrl, string pattern)
    {
        Repository.Require("python3", "python3-pika");
        var start = new ProcessStartInfo("/usr/bin/python3", [Path.Combine(AppContext.BaseDirectory, "consumer.py"), brokerUrl, pattern])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var consumer = new PythonConsumer(Process.Start(start)!);
        var first = await consumer.process.StandardOutput.ReadLineAsync().WaitAsync(Limits.Event);
        Assert.True(first == "ready", first ?? await consumer.process.StandardError.ReadToEndAsync());
        return consumer;
    }

    /// <summary>The first event of each type, when all have come; others are passed over.</summary>
    public async Task<IReadOnlyDictionary<string, JsonNode>> UntilAllAsync(params string[] types)
    {
        var received = new Dictionary<string, JsonNode>();
        while (!types.All(received.ContainsKey))
        {
            var line = await process.StandardOutput.ReadLineAsync().WaitAsync(Limits.Event)
                ?? throw new EndOfStreamException("The consumer ended: " + await process.StandardError.ReadToEndAsync());
            var next = JsonNode.Parse(line)!;
            received.TryAdd((string)next["headers"]!["cloudEvents_type"]!, next);
        }

        return types.ToDictionary(type => type, type => received[type]);
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
            process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }
}
