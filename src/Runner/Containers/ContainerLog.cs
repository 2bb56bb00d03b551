using Docker.DotNet;
using Platform.Runner.Processes;
using Platform.ServiceDefaults;

namespace Platform.Runner.Containers;

/// <summary>What a container writes, as lines of each of its streams.</summary>
internal static class ContainerLog
{
    /// <summary>Ends with the container, or with the engine; never fails.</summary>
    public static async Task FollowAsync(ContainerEngine engine, string container, Action<string, bool> onOutput, Action<string, bool> onError)
    {
        var (output, error) = (new LineAssembler(LineReader.MaxLineBytes, onOutput), new LineAssembler(LineReader.MaxLineBytes, onError));
        var buffer = new byte[32 * 1024];
        try
        {
            // An engine that is asked to follow in the moment of the container's end may answer nothing; what was written is there when it is asked once more.
            if (!await ReadAsync(follow: true))
                await ReadAsync(follow: false);
        }
        catch (Exception e) when (e is ProblemException or DockerApiException or IOException or HttpRequestException or ObjectDisposedException)
        {
            // The container is gone, or the engine.
        }

        output.End();
        error.End();

        async Task<bool> ReadAsync(bool follow)
        {
            var any = false;
            using var stream = await engine.AskAsync(client => client.Containers.GetContainerLogsAsync(container, new() { ShowStdout = true, ShowStderr = true, Follow = follow }));
            while (await stream.ReadOutputAsync(buffer, 0, buffer.Length, CancellationToken.None) is { EOF: false } read)
            {
                any = true;
                (read.Target == MultiplexedStream.TargetStream.StandardError ? error : output).Add(buffer.AsSpan(0, read.Count));
            }

            return any;
        }
    }
}
