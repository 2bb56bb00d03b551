using Platform.Connectors.Tables.Data;
using Platform.Connectors.Tables.Requests;
using Platform.Connectors.Tables.Schema;

namespace Platform.Connectors.Tables.Engine;

/// <summary>The rows among which an exists looks.</summary>
internal static class Existence
{
    public static (ObjectType Type, Func<Scope, IEnumerable<Row>> Rows) Of(Plan plan, InCollection collection, ScopeType scope)
    {
        switch (collection)
        {
            case InRelated related:
                var found = Relations.Follow(plan, scope, related.Relationship, related.Arguments, related.FieldPath);
                return (found.Type, found.Rows);
            case InUnrelated unrelated:
                var target = plan.Catalog.Collection(unrelated.Collection);
                var rows = Relations.Rows(plan, target, unrelated.Arguments, scope);
                return (target.Type, s => rows(s, s.Variables));
            case InNestedCollection nested:
                var objects = Columns.Of(scope.Type, nested.ColumnName, nested.Arguments, nested.FieldPath);
                return objects.Type.Known is ArrayType { Element.Known: ObjectDataType { Type: var type } }
                    ? (type, s => Elements(objects, s).OfType<Row>())
                    : throw Problem.Unfit("not_an_array", $"{nested.ColumnName} is {objects.Type}, and no array of objects.");
            case InNestedScalars nested:
                var scalars = Columns.Of(scope.Type, nested.ColumnName, nested.Arguments, nested.FieldPath);
                if (scalars.Type.Known is not ArrayType { Element: { Known: ScalarDataType } element })
                    throw Problem.Unfit("not_an_array", $"{nested.ColumnName} is {scalars.Type}, and no array of scalars.");
                var value = ObjectType.OfValue(nested.ColumnName, element);
                return (value, s => Elements(scalars, s).Select(one => new Row(value, [one])));
            default:
                throw Plan.Missing("the in_collection of an exists");
        }
    }

    private static object?[] Elements(Column column, Scope scope) => column.Read(scope.Row, scope.Variables) as object?[] ?? [];
}
