using System.ComponentModel.DataAnnotations;

namespace Platform.Ingest.Objects;

/// <summary>Bounds what reading costs the database that loads are written to. Configuration section <c>Objects</c>.</summary>
internal sealed class ObjectsOptions
{
    public const string Section = "Objects";

    /// <summary>A page of the list that takes longer is given up. There is no index behind most filters, as it would slow every load.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "01:00:00")]
    public TimeSpan SearchTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Exports at the same time; each keeps one database session busy.</summary>
    [Range(1, 100)]
    public int Exports { get; set; } = 2;

    /// <summary>An export that takes longer is broken off, whether the database or the client is the slow one.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "7.00:00:00")]
    public TimeSpan ExportTimeout { get; set; } = TimeSpan.FromHours(1);
}
