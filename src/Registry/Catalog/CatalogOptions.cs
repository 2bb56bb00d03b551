namespace Platform.Registry.Catalog;

/// <summary>Section <c>Catalog</c>: where connectors are listed that can be installed by name.</summary>
internal sealed class CatalogOptions
{
    public const string Section = "Catalog";

    /// <summary>
    /// Index documents: http(s) URLs, fetched as everything that leaves this machine is (see <c>Outbound:Allow</c>), or absolute paths of files.
    /// Of two that list the same connector the first one counts.
    /// </summary>
    public string[] Sources { get; set; } = [];

    /// <summary>How old an index may be before it is read again by whoever asks.</summary>
    public TimeSpan MaxAge { get; set; } = TimeSpan.FromHours(1);

    /// <summary>After a failure the next try is no earlier than this, unless it is asked for.</summary>
    public TimeSpan RetryAfter { get; set; } = TimeSpan.FromMinutes(1);
}
