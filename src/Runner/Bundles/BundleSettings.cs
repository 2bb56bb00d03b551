using System.ComponentModel.DataAnnotations;

namespace Platform.Runner.Bundles;

/// <summary>Where this service keeps its files: the section <c>Data</c>.</summary>
internal sealed class DataSettings
{
    public const string Section = "Data";

    /// <summary>An absolute folder. Runners on one machine may share it.</summary>
    public string Directory { get; init; } = "";
}

/// <summary>The section <c>Bundles</c>.</summary>
internal sealed class BundleSettings
{
    public const string Section = "Bundles";

    /// <summary>
    /// Bytes of the files of all unpacked bundles together. Above it those that were used longest ago are removed; what is in use stays, and
    /// may be more than this.
    /// </summary>
    [Range(0, long.MaxValue)]
    public long MaxBytes { get; init; } = 10L << 30;
}
