using Platform.Connectors.Tables.Data;
using Platform.Connectors.Tables.Requests;
using Platform.Connectors.Tables.Schema;

namespace Platform.Connectors.Tables.Engine;

/// <summary>The rows that a row is related to.</summary>
internal sealed record Related(ObjectType Type, Func<Scope, IReadOnlyList<Row>> Rows);

internal static class Relations
{
    /// <summary>The rows of a collection. Those of a table are the same for every row and set of variables.</summary>
    public static Func<Scope?, Variables, Row[]> Rows(Plan plan, Collection collection, IEnumerable<KeyValuePair<string, Argument>> given, ScopeType? source)
    {
        var arguments = Arguments.Of(collection, given, source);
        var rows = plan.RowsOf(collection.Table);
        return (scope, variables) => collection.Select(rows, arguments(scope, variables));
    }

    /// <summary>One relationship, from where a path of members of nested objects leads to.</summary>
    public static Related Follow(
        Plan plan, ScopeType from, string name, IReadOnlyDictionary<string, Argument> given, IReadOnlyList<string>? fieldPath)
    {
        var relationship = plan.Relationship(name);
        var target = plan.Catalog.Collection(relationship.TargetCollection);
        var (sourceType, source) = Columns.Object(from.Type, fieldPath);
        if (relationship.RelationshipType is not ("object" or "array"))
            throw new Problem(400, "bad_request", $"The relationship_type of {name} is object or array, not {relationship.RelationshipType}.");

        var mapping = relationship.ColumnMapping.Select(m => (
            Here: sourceType.IndexOf(m.Key),
            There: m.Value is [var first, .. var rest] ? Columns.Of(target.Type, first, path: rest) : throw Plan.Missing($"the column_mapping of {name}"))).ToArray();
        var rows = Rows(plan, target, [.. relationship.Arguments, .. given], new(sourceType));
        var single = relationship.RelationshipType == "object";

        // Without arguments the rows are the same whoever asks: they are sorted by what is asked for once, at the first question.
        var index = target.Arguments.Count > 0 ? null : new Lazy<Dictionary<object, Row[]>>(() => Index(rows(null, Variables.None), mapping.Select(m => m.There)));
        return new(target.Type, scope =>
        {
            if (source(scope.Row, scope.Variables) is not { } row)
                return [];
            var key = mapping.Select(m => row[m.Here]).ToArray();
            if (key.Contains(null))
                return [];
            var found = index is not null
                ? index.Value.GetValueOrDefault(key, [])
                : [.. rows(new(row, scope.Variables), scope.Variables).Where(r => mapping.Select(m => m.There.Read(r, scope.Variables)).SequenceEqual(key, Values.Sameness))];
            return single && found.Length > 1 ? found[..1] : found;
        });
    }

    /// <summary>One relationship after the other, each with its predicate.</summary>
    public static Related Path(Plan plan, ScopeType from, IReadOnlyList<PathElement> path)
    {
        var reached = new Related(from.Type, scope => [scope.Row]);
        foreach (var element in path)
        {
            var before = reached;
            var step = Follow(plan, new(before.Type), element.Relationship, element.Arguments, element.FieldPath);
            var test = Predicates.Compile(plan, element.Predicate, new(step.Type));
            reached = new(step.Type, scope =>
            [
                .. before.Rows(scope).SelectMany(row => step.Rows(new(row, scope.Variables))).Where(row => test(new(row, scope.Variables))),
            ]);
        }

        return reached;
    }

    private static Dictionary<object, Row[]> Index(Row[] rows, IEnumerable<Column> columns)
    {
        var all = columns.ToArray();
        return rows.GroupBy(row => (object)all.Select(c => c.Read(row, Variables.None)).ToArray(), Values.Sameness!)
            .ToDictionary(g => g.Key, g => g.ToArray(), (IEqualityComparer<object>)Values.Sameness!);
    }
}
