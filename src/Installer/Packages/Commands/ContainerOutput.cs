using System.IO.Pipelines;
using Docker.DotNet;
using Platform.Installer.Build;

namespace Platform.Installer.Packages.Commands;

/// <summary>What a command's container writes, in bounded memory.</summary>
/// <param name="maxOutput">Bytes of standard output that are kept apart; 0: it is words like those on standard error.</param>
internal sealed class ContainerOutput(int maxOutput)
{
    private readonly MemoryStream printed = new();
    private readonly OutputTail tail = new();
    private readonly TaskCompletionSource tooLarge = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public byte[] Printed => printed.ToArray();

    public string Words => tail.ToString();

    public Task TooLarge => tooLarge.Task;

    public bool IsTooLarge => tooLarge.Task.IsCompleted;

    public async Task ReadAsync(MultiplexedStream stream, CancellationToken ct)
    {
        var (output, error) = (new Pipe(), new Pipe());
        var lines = Task.WhenAll(
            LineReader.ReadAsync(output.Reader.AsStream(), line => tail.Add("stdout", line)), LineReader.ReadAsync(error.Reader.AsStream(), line => tail.Add("stderr", line)));
        try
        {
            var buffer = new byte[64 * 1024];
            // Not every transport heeds the token in the midst of a read.
            while (await stream.ReadOutputAsync(buffer, 0, buffer.Length, ct).WaitAsync(ct) is { EOF: false } read)
            {
                if (read.Target == MultiplexedStream.TargetStream.StandardError) await error.Writer.WriteAsync(buffer.AsMemory(0, read.Count), ct);
                else if (maxOutput == 0) await output.Writer.WriteAsync(buffer.AsMemory(0, read.Count), ct);
                else if (printed.Length + read.Count > maxOutput) tooLarge.TrySetResult();
                else printed.Write(buffer, 0, read.Count);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or HttpRequestException)
        {
            // The container is gone; its exit code tells the rest.
        }
        finally
        {
            await output.Writer.CompleteAsync();
            await error.Writer.CompleteAsync();
            await lines;
        }
    }
}
