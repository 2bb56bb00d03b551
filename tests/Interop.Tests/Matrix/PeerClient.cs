using System.Diagnostics;
using System.Text.Json;

namespace Platform.Interop.Tests.Matrix;

/// <summary>A peer's client: a process that prints one line of JSON per case.</summary>
internal static class PeerClient
{
    private static readonly TimeSpan RunTimeout = TimeSpan.FromSeconds(120);

    /// <summary>The error of each case, null where it passed; a case that the client did not come to is absent.</summary>
    public static async Task<IReadOnlyDictionary<string, string?>> RunAsync(PeerProgram program, string target, CancellationToken cancellationToken)
    {
        using var process = Process.Start(program.Start("client", target))!;
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        var results = new Dictionary<string, string?>();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(RunTimeout);
        try
        {
            while (await process.StandardOutput.ReadLineAsync(patience.Token) is { } line)
            {
                using var json = JsonDocument.Parse(line);
                results[json.RootElement.GetProperty("case").GetString()!] = json.RootElement.GetProperty("error").GetString();
            }

            await process.WaitForExitAsync(patience.Token);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }

        return process.ExitCode == 0 ? results : throw new InvalidOperationException($"The {program.Peer.Name} client failed: {await errors}");
    }
}
