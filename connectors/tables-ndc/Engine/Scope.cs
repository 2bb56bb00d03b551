using System.Text.Json;
using Platform.Connectors.Tables.Data;
using Platform.Connectors.Tables.Schema;

namespace Platform.Connectors.Tables.Engine;

/// <summary>The row that an expression is about, and those outside of each exists around it.</summary>
internal sealed record Scope(Row Row, Variables Variables, Scope? Outer = null);

/// <summary>What is known of a <see cref="Scope"/> before there are rows.</summary>
internal sealed record ScopeType(ObjectType Type, ScopeType? Outer = null);

/// <summary>One set of the request's variables.</summary>
internal sealed record Variables(IReadOnlyDictionary<string, JsonElement> Values)
{
    public static Variables None { get; } = new(new Dictionary<string, JsonElement>());

    /// <exception cref="Problem">422: there is none, or it is not of this type.</exception>
    public object? Get(string name, DataType type) =>
        Values.TryGetValue(name, out var value) ? Data.Values.FromJson(value, type, $"The variable {name}")
        : throw Problem.Unknown("variable", name, Values.Keys, "in this set of variables");
}
