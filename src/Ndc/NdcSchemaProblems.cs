namespace Platform.Ndc;

/// <summary>Whether a schema is sound in itself: each name that it uses, it has.</summary>
internal static class NdcSchemaProblems
{
    public static IReadOnlyList<string> Of(NdcSchema schema)
    {
        List<string> problems = [];
        foreach (var (name, type) in schema.ObjectTypes)
        {
            if (schema.ScalarTypes.ContainsKey(name))
                problems.Add($"{name} is both a scalar and an object type.");
            foreach (var (field, declared) in type.Fields)
            {
                Check(declared.Type, $"the field {field} of the object type {name}");
                CheckAll(declared.Arguments, $"the field {field} of the object type {name}");
            }
        }

        foreach (var collection in schema.Collections)
        {
            CheckAll(collection.Arguments, $"the collection {collection.Name}");
            if (!schema.ObjectTypes.TryGetValue(collection.Type, out var rows))
                problems.Add($"The type {collection.Type} of the collection {collection.Name} is not an object type of the schema.");
            foreach (var (constraint, unique) in collection.UniquenessConstraints ?? new Dictionary<string, NdcUniqueness>())
                foreach (var column in unique.UniqueColumns.Where(c => rows is not null && !rows.Fields.ContainsKey(c)))
                    problems.Add($"The uniqueness constraint {constraint} of the collection {collection.Name} names {column}, which its type {collection.Type} has not.");
        }

        foreach (var function in schema.Functions)
        {
            CheckAll(function.Arguments, $"the function {function.Name}");
            Check(function.ResultType, $"the result of the function {function.Name}");
        }

        foreach (var procedure in schema.Procedures)
        {
            CheckAll(procedure.Arguments, $"the procedure {procedure.Name}");
            Check(procedure.ResultType, $"the result of the procedure {procedure.Name}");
        }

        foreach (var twice in schema.Collections.Select(c => c.Name).Concat(schema.Functions.Select(f => f.Name)).GroupBy(n => n, StringComparer.Ordinal).Where(g => g.Count() > 1))
            problems.Add($"{twice.Key} stands there twice: collections and functions share their names.");
        return problems;

        void CheckAll(IReadOnlyDictionary<string, NdcArgument>? arguments, string of)
        {
            foreach (var (name, argument) in arguments ?? new Dictionary<string, NdcArgument>())
                Check(argument.Type, $"the argument {name} of {of}");
        }

        void Check(NdcType type, string of)
        {
            switch (type)
            {
                case { Type: NdcType.Named, Name: { } name }:
                    if (!schema.ScalarTypes.ContainsKey(name) && !schema.ObjectTypes.ContainsKey(name))
                        problems.Add($"The type {name} of {of} is not in the schema.");
                    break;
                case { Type: NdcType.Nullable, UnderlyingType: { } inner }:
                    Check(inner, of);
                    break;
                case { Type: NdcType.Array, ElementType: { } element }:
                    Check(element, of);
                    break;
                case { Type: NdcType.Predicate, ObjectTypeName: { } about }:
                    if (!schema.ObjectTypes.ContainsKey(about))
                        problems.Add($"The object type {about}, which {of} is a predicate of, is not in the schema.");
                    break;
                default:
                    problems.Add($"The type of {of} is no type: {type.Type}.");
                    break;
            }
        }
    }
}
