using System.ComponentModel.DataAnnotations;

namespace Platform.Ingest.Purge;

/// <summary>How long Ingest keeps what nobody needs any more. Configuration section <c>Purge</c>.</summary>
internal sealed class PurgeOptions
{
    public const string Section = "Purge";

    private const string Shortest = "00:00:01";
    private const string Longest = "3650.00:00:00";

    /// <summary>A deleted object stays as long, so that readers who follow the changes hear of it.</summary>
    [Range(typeof(TimeSpan), Shortest, Longest)]
    public TimeSpan DeletedAfter { get; set; } = TimeSpan.FromDays(30);

    /// <summary>A rejected object that nobody replayed or dismissed stays as long.</summary>
    [Range(typeof(TimeSpan), Shortest, Longest)]
    public TimeSpan RejectedAfter { get; set; } = TimeSpan.FromDays(30);

    /// <summary>Time from one purge to the next; the first is soon after the start.</summary>
    [Range(typeof(TimeSpan), Shortest, "24.00:00:00")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromHours(1);
}
