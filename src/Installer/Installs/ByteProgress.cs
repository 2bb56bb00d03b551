using System.Diagnostics;
using Platform.Contracts;
using Platform.ServiceDefaults;

namespace Platform.Installer.Installs;

/// <summary>News of a download, at most once a second; may be called from several threads.</summary>
internal sealed class ByteProgress(Guid install, string stage, CommandPublisher publisher)
{
    private static readonly long Interval = Stopwatch.Frequency;
    private long _last = Stopwatch.GetTimestamp();

    public void Report(long done, long? total)
    {
        var (last, now) = (Interlocked.Read(ref _last), Stopwatch.GetTimestamp());
        if (now - last < Interval || Interlocked.CompareExchange(ref _last, now, last) != last) return;
        _ = publisher.TryPublishAsync(new InstallProgressed(install, stage, done, total), CancellationToken.None);
    }
}
