using Platform.Contracts;
using Platform.ServiceDefaults;

namespace Platform.Gateway.Events;

/// <summary>Which events somebody wants and may see.</summary>
/// <param name="Types">Patterns where * stands for any characters; none: all types.</param>
/// <param name="Connections">Names; none: all, and the events that are about no connection.</param>
/// <param name="Allowed">Patterns of the connections that the caller may hear of, and then of nothing that is about none; null: everything.</param>
internal sealed record EventFilter(IReadOnlyList<string> Types, IReadOnlyList<string> Connections, IReadOnlyList<string>? Allowed)
{
    public const string Scope = "events:read";
    private const int MaxPatterns = 50;
    private const int MaxLength = 200;

    /// <exception cref="ProblemException">422 <c>invalid_event_filter</c>; 403 <c>insufficient_scope</c> for a connection that the caller may not hear of.</exception>
    public static EventFilter Of(string[]? types, string[]? connections, ScopeSet held)
    {
        var errors = Check("type", types ?? []).Concat(Check("connection", connections ?? [])).ToList();
        if (errors.Count > 0) throw Errors.InvalidEventFilter(errors);
        foreach (var connection in connections ?? [])
            if (!held.Allows(Scope, connection))
                throw Scopes.Insufficient(Scope, connection);
        return new(types ?? [], connections ?? [], held.ConnectionsOf(Scope));
    }

    /// <summary>What is wrong with patterns of types or names of connections; nothing, mostly.</summary>
    public static IEnumerable<FieldError> Check(string field, IReadOnlyList<string?> values)
    {
        if (values.Count > MaxPatterns) yield return new(field, "too_many", $"There may be {MaxPatterns} at most.");
        foreach (var value in values.Take(MaxPatterns))
        {
            if (string.IsNullOrEmpty(value) || value.Length > MaxLength || value.Any(c => char.IsControl(c) || char.IsWhiteSpace(c) || NamePattern.IsSpecial(c)))
                yield return new(field, "invalid_pattern", $"It has 1 to {MaxLength} characters, none of them a space, '?', '\\', '<', '>' or '\"'.");
            else if (field.StartsWith("type", StringComparison.Ordinal) && !EventTypes.All.Any(type => NamePattern.Matches(value, type)))
                yield return new(field, "unknown_type", $"No event has a type {value}. {KnownNames.Suggest(EventTypes.All, value, EventTypes.All.Count)}");
        }
    }

    public bool Matches(StoredEvent e) =>
        (Types.Count == 0 || Types.Any(type => NamePattern.Matches(type, e.Type))) &&
        (Connections.Count == 0 || e.Connection is not null && Connections.Contains(e.Connection)) &&
        (Allowed is null || e.Connection is not null && Allowed.Any(pattern => NamePattern.Matches(pattern, e.Connection)));
}
