using System.ComponentModel.DataAnnotations;

namespace Platform.Gateway.Events;

/// <summary>The section <c>Events</c> of the configuration.</summary>
internal sealed class EventsOptions
{
    public const string Section = "Events";

    /// <summary>So many days events can be read again, and dead letters of webhooks be sent again: 2, as deliveries are tried for more than a day, to 365.</summary>
    [Range(2, 365)]
    public int KeepDays { get; init; } = 7;
}
