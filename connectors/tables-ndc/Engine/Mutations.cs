using System.Text.Json;
using Platform.Connectors.Tables.Data;
using Platform.Connectors.Tables.Requests;

namespace Platform.Connectors.Tables.Engine;

/// <summary>Procedures. They change the tables in memory, for as long as the process lives.</summary>
internal static class Mutations
{
    /// <exception cref="Problem">400, 422 or 501; then nothing has changed.</exception>
    public static void Answer(Catalog catalog, MutationRequest request, Utf8JsonWriter writer)
    {
        if (request.Operations.Count > 1)
            throw Problem.Undeclared("mutation.transactional");
        var run = request.Operations.ConvertAll(o => Compile(new Plan(catalog, request.CollectionRelationships), o as ProcedureOperation ?? throw Plan.Missing("an operation")));
        writer.WriteStartObject();
        writer.WriteStartArray("operation_results");
        foreach (var operation in run)
        {
            writer.WriteStartObject();
            writer.WriteString("type", "procedure");
            writer.WritePropertyName("result");
            operation(writer);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static Action<Utf8JsonWriter> Compile(Plan plan, ProcedureOperation operation)
    {
        var procedure = plan.Catalog.Procedure(operation.Name);
        var result = Fields.Nested(plan, operation.Fields, procedure.ResultType);
        if (operation.Arguments.Keys.FirstOrDefault(name => name != procedure.Argument) is { } unknown)
            throw Problem.Unknown("argument", unknown, [procedure.Argument], $"of {procedure.Name}");
        if (!operation.Arguments.TryGetValue(procedure.Argument, out var argument))
            throw new Problem(422, "argument_missing", $"{procedure.Name} needs the argument {procedure.Argument}.", ("name", procedure.Argument));

        var table = procedure.Table;
        if (procedure.Action == Procedure.Delete)
        {
            var predicate = RequestJson.Read(JsonSerializer.SerializeToUtf8Bytes(argument, RequestJson.Default.JsonElement), RequestJson.Default.Expression);
            var test = Predicates.Compile(plan, predicate, new(table.Type));
            return writer => result(writer, table.Delete(row => test(new(row, Variables.None))), Variables.None);
        }

        var row = (Row)Values.FromJson(argument, procedure.ArgumentType, $"The argument {procedure.Argument} of {procedure.Name}")!;
        return writer => result(writer, table.Upsert(row, table.Keys.First().Value), Variables.None);
    }
}
