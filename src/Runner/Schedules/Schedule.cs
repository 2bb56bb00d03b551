namespace Platform.Runner.Schedules;

/// <summary>A row of <c>schedules</c>: the wish, and what came of it last.</summary>
internal sealed class Schedule
{
    public Guid Id { get; init; }
    public Guid ConnectionId { get; init; }
    public string Connection { get; init; } = "";
    public string Name { get; init; } = "";
    public string? Cron { get; init; }
    public long? IntervalSeconds { get; init; }
    public string TimeZone { get; init; } = "";
    public int JitterSeconds { get; init; }
    public bool Enabled { get; init; }
    public int Revision { get; init; }
    public string? Actor { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset UpdatedAt { get; init; }
    public DateTimeOffset AnchorAt { get; init; }
    public DateTimeOffset? LastDueAt { get; init; }
    public DateTimeOffset? LastFiredAt { get; init; }
    public Guid? LastRunId { get; init; }

    public string ETag => $"\"{Revision}\"";

    /// <param name="next">When it fires next, as Quartz has it.</param>
    public ScheduleView View(DateTimeOffset? next) => new(
        Id, Connection, ConnectionId, Name, Cron, IntervalSeconds is { } seconds ? IntervalText.Of(seconds) : null, TimeZone, JitterSeconds, Enabled,
        Enabled ? next : null, LastFiredAt, LastRunId, CreatedAt, UpdatedAt, Actor);
}

/// <summary>A schedule as the API shows it.</summary>
/// <param name="Name">Unique within the connection.</param>
/// <param name="Cron">Five fields, as crontab has them; null when there is an interval.</param>
/// <param name="Interval">Such as <c>1h30m</c>; null when there is a cron expression.</param>
/// <param name="TimeZone">The IANA zone that the cron expression is read in.</param>
/// <param name="JitterSeconds">A run starts up to so many seconds after its instant, at random.</param>
/// <param name="NextFireAt">Without the jitter; null while it is not enabled.</param>
/// <param name="LastRunId">The run that the last fire started, or found queued already.</param>
/// <param name="Actor">Who made it.</param>
internal sealed record ScheduleView(
    Guid Id, string Connection, Guid ConnectionId, string Name, string? Cron, string? Interval, string TimeZone, int JitterSeconds, bool Enabled,
    DateTimeOffset? NextFireAt, DateTimeOffset? LastFiredAt, Guid? LastRunId, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, string? Actor);
