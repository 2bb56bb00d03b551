using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Aspire.Hosting.Orchestration;

/// <summary>The annotation of WithDataVolume: the server's data outlives the run, in a folder of that name.</summary>
internal sealed record DataVolumeAnnotation(string Name) : ApplicationModel.IResourceAnnotation
{
    internal string Folder(Microsoft.Extensions.Configuration.IConfiguration configuration) => Path.Combine(Volumes.Folder(configuration), Name);
}

internal static class Volumes
{
    /// <summary>Configuration key Standins:DataDirectory; default: data/volumes beside the AppHost's folder.</summary>
    internal static string Folder(Microsoft.Extensions.Configuration.IConfiguration configuration) => Path.GetFullPath(
        configuration["Standins:DataDirectory"] is { Length: > 0 } given ? given : Path.Combine(configuration["AppHost:Directory"]!, "..", "data", "volumes"));
}

/// <summary>What the native Postgres and RabbitMQ have in common: tools, one owner per volume, leftovers of a crashed run.</summary>
internal static class LocalServer
{
    private static readonly TimeSpan leftoverTimeout = TimeSpan.FromSeconds(20);

    /// <summary>Runs a tool to its end; throws with its output when it fails.</summary>
    internal static async Task RunAsync(string tool, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(tool, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" };
        using var process = Spawner.Start(start);
        var output = new StringBuilder();
        process.OutputDataReceived += (_, line) => Append(line.Data);
        process.ErrorDataReceived += (_, line) => Append(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            await process.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
        if (process.ExitCode != 0)
            throw new DistributedApplicationException(string.Create(CultureInfo.InvariantCulture, $"{tool} failed with code {process.ExitCode}: {output}"));

        void Append(string? line)
        {
            lock (output)
                output.AppendLine(line);
        }
    }

    /// <summary>Held as long as this process lives; its death frees the volume even if the server needs a moment longer.</summary>
    internal static FileStream Lock(string folder, string resource)
    {
        Directory.CreateDirectory(folder);
        try
        {
            return new FileStream(Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception)
        {
            throw new DistributedApplicationException($"The data of '{resource}' in {folder} is in use by another run: end that one first.", exception);
        }
    }

    /// <summary>
    /// A server of an earlier run that died may still be shutting down on the same data; we hold the lock, so nobody owns it.
    /// A process id that now belongs to something else is no reason to wait.
    /// </summary>
    internal static async Task EndLeftoverAsync(int pid, string commandContains, CancellationToken cancellationToken)
    {
        var patience = Stopwatch.StartNew();
        while (CommandLine(pid).Contains(commandContains, StringComparison.Ordinal))
        {
            if (patience.Elapsed > leftoverTimeout)
                Native.Send(pid, Signal.Kill);
            await Task.Delay(100, cancellationToken);
        }
    }

    private static string CommandLine(int pid)
    {
        try
        {
            return File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/cmdline")).Replace('\0', ' ');
        }
        catch (IOException)
        {
            return "";
        }
    }
}
