using System.Threading.Channels;

namespace Platform.Benchmarks.Processes;

/// <summary>A contestant's side of its control: it says "ready" and answers every line with a line, until stdin ends.</summary>
internal static class Obedience
{
    public static async Task ObeyAsync(Func<string, Task<string>> answer)
    {
        var lines = Channel.CreateUnbounded<string>();
        // A thread of its own: a read of the console blocks, and a blocked pool thread would be missing in what is measured.
        new Thread(() =>
        {
            while (Console.In.ReadLine() is { } line)
                lines.Writer.TryWrite(line);
            lines.Writer.Complete();
        })
        { IsBackground = true }.Start();
        Console.WriteLine("ready");
        await foreach (var line in lines.Reader.ReadAllAsync())
            Console.WriteLine(await answer(line));
    }
}
