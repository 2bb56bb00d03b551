namespace Platform.Runner.Packages.Check.Traces;

/// <summary>What the check needs to know of a span.</summary>
/// <param name="TraceId">32 hexadecimal digits, lowercase.</param>
/// <param name="ParentId">16 such digits; empty: it has no parent.</param>
/// <param name="Service">The attribute service.name of its resource; null: there is none.</param>
internal sealed record SeenSpan(string TraceId, string ParentId, string? Service);
