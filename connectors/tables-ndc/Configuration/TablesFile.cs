using System.Text.Json;
using System.Text.Json.Serialization;

namespace Platform.Connectors.Tables.Configuration;

/// <summary><c>tables.json</c> beside the CSV files. All of it may be missing: then every CSV file is a table of texts.</summary>
/// <param name="Types">Of rows and of nested objects.</param>
/// <param name="Tables">By the collection's name.</param>
/// <param name="Views">Collections with arguments: the rows of a table with the arguments' values.</param>
internal sealed record TablesFile(
    Dictionary<string, TypeEntry>? Types = null, Dictionary<string, TableEntry>? Tables = null, Dictionary<string, ViewEntry>? Views = null,
    Dictionary<string, FunctionEntry>? Functions = null, Dictionary<string, ProcedureEntry>? Procedures = null)
{
    public const string Name = "tables.json";
}

internal sealed record TypeEntry(Dictionary<string, FieldEntry> Fields, string? Description = null, Dictionary<string, ForeignKeyEntry>? ForeignKeys = null);

/// <param name="Type">In the notation of <see cref="Schema.DataType"/>. A cell of an array or an object is JSON.</param>
internal sealed record FieldEntry(string Type, string? Description = null);

/// <param name="Columns">Column here to column there.</param>
internal sealed record ForeignKeyEntry(string Collection, Dictionary<string, string> Columns);

/// <param name="Type">One of the types.</param>
/// <param name="File">Null: the table's name with .csv.</param>
/// <param name="Keys">Uniqueness constraints, name to columns. The rows are held to them.</param>
internal sealed record TableEntry(string Type, string? Description = null, string? File = null, Dictionary<string, List<string>>? Keys = null);

/// <param name="Where">Argument to column.</param>
internal sealed record ViewEntry(string Table, Dictionary<string, string> Where, string? Description = null);

/// <param name="LatestBy">The column whose largest value chooses the row.</param>
/// <param name="Column">The result; null: the whole row.</param>
internal sealed record FunctionEntry(string Table, string LatestBy, string? Column = null, string? Description = null);

/// <param name="Action"><c>upsert</c> (by the table's first key) or <c>delete</c>.</param>
internal sealed record ProcedureEntry(string Table, string Action, string Argument, string? Description = null, string? ArgumentDescription = null);

[JsonSerializable(typeof(TablesFile))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, AllowTrailingCommas = true,
    ReadCommentHandling = JsonCommentHandling.Skip, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, AllowDuplicateProperties = false)]
internal sealed partial class TablesFileJson : JsonSerializerContext;
