using System.ComponentModel.DataAnnotations;

namespace Platform.Ingest.Load;

/// <summary>How pages become transactions. Configuration section <c>Load</c>.</summary>
internal sealed class LoadOptions
{
    public const string Section = "Load";

    /// <summary>
    /// Bytes of pages that one load holds in memory, waiting or being written; above it the call is not read and the sender
    /// is held back. The message that crosses the limit is still taken, so that a page larger than the limit gets through.
    /// </summary>
    [Range(1, 1L << 32)]
    public long BufferBytes { get; set; } = 24L << 20;

    /// <summary>Bytes of pages that all loads together hold: with many of them at once each gets its part, but never less than 1 MiB.</summary>
    [Range(1, 1L << 34)]
    public long TotalBufferBytes { get; set; } = 64L << 20;

    /// <summary>A transaction takes no further page once it has this many bytes.</summary>
    [Range(1, 1L << 32)]
    public long BatchBytes { get; set; } = 8L << 20;

    /// <summary>A transaction takes no further page once it has this many objects; also the most that are merged by one statement.</summary>
    [Range(1, 1_000_000)]
    public int BatchRows { get; set; } = 25_000;

    /// <summary>How long a transaction waits for a further page after its first one.</summary>
    public TimeSpan BatchDelay { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>A larger object (its encoded bytes) is rejected.</summary>
    [Range(1, 1 << 30)]
    public int MaxObjectBytes { get; set; } = 64 << 20;

    /// <summary>Database sessions for all loads together; a load holds one only during a transaction.</summary>
    [Range(1, 1000)]
    public int Sessions { get; set; } = 8;

    /// <summary>How long a batch is tried again while the database is away.</summary>
    public TimeSpan RetryFor { get; set; } = TimeSpan.FromSeconds(30);
}
