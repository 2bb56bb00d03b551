using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Platform.Tests;

/// <summary>consumer.py under Debian's Python: events as a program in another language sees them.</summary>
internal sealed class PythonConsumer : IAsyncDisposable
{
    private readonly Process process;

    private PythonConsumer(Process process) => this.process = process;

    public static async Task<PythonConsumer> StartAsync(string brokerUrl, string pattern, int count)
    {
        Repository.Require("python3", "python3-pika");
        var start = new ProcessStartInfo("/usr/bin/python3", [Path.Combine(AppContext.BaseDirectory, "consumer.py"), brokerUrl, pattern, count.ToString()])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var consumer = new PythonConsumer(Process.Start(start)!);
        var first = await consumer.process.StandardOutput.ReadLineAsync().WaitAsync(Limits.Event);
        Assert.True(first == "ready", first ?? await consumer.process.StandardError.ReadToEndAsync());
        return consumer;
    }

    public async Task<JsonNode> NextAsync()
    {
        var line = await process.StandardOutput.ReadLineAsync().WaitAsync(Limits.Event);
        return JsonNode.Parse(line ?? throw new EndOfStreamException("The consumer ended: " + await process.StandardError.ReadToEndAsync()))!;
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
            process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }
}
