using System.Text.Json;
using System.Text.Json.Nodes;
using Platform.ServiceDefaults;

namespace Platform.Gateway.Console.Forms;

/// <summary>
/// Makes JSON of a form. Only JSON that can't be read is an error here: numbers, names and rules are the service's to judge, which takes them as text
/// and names every wrong field at once.
/// </summary>
internal static class FormReader
{
    /// <param name="before">What is there already, of a form that edits: emptied fields become null, which takes them away, and empty secrets stay. Null: all is new.</param>
    public static JsonObject Read(IEnumerable<FormField> fields, IFormCollection form, JsonObject? before, List<FieldError> errors)
    {
        var values = new JsonObject();
        // The field of the whole comes first, so that the named ones win.
        foreach (var field in fields.OrderBy(field => field.Path.Count))
        {
            var text = form[field.Name].ToString();
            if (field.Kind == FieldKind.Boolean) Put(values, field.Path, form[field.Name].Contains("true"));
            else if (text.Length > 0 && (field.Kind != FieldKind.Text || !string.IsNullOrWhiteSpace(text))) Put(values, field, text, errors);
            else if (before is not null && field is { Kind: not FieldKind.Secret, Path.Count: > 0 } && Find(before, field.Path) is not null) Put(values, field.Path, null);
        }
        return values;
    }

    /// <summary>What a form shows of a value that is there; null: there is none.</summary>
    public static string? Show(FormField field, JsonObject? values) => values is null || Find(values, field.Path) is not { } value ? null : field.Kind switch
    {
        FieldKind.Secret => null,
        FieldKind.Lines when value is JsonArray list => string.Join('\n', list.Select(Text)),
        FieldKind.Choice => value.ToJsonString(),
        FieldKind.Json => field.Path.Count == 0 ? null : value.ToJsonString(PrettyJson.Options),
        _ => Text(value),
    };

    /// <summary>Of a field with one value in each line.</summary>
    public static string[] Lines(string text) => text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static void Put(JsonObject values, FormField field, string text, List<FieldError> errors)
    {
        switch (field.Kind)
        {
            case FieldKind.Lines:
                Put(values, field.Path, new JsonArray([.. Lines(text).Select(line => JsonValue.Create(line))]));
                break;
            case FieldKind.Choice or FieldKind.Json when Parse(text) is { } json:
                if (field.Path.Count > 0) Put(values, field.Path, json);
                else if (json is JsonObject members) foreach (var (name, value) in members) values[name] = value?.DeepClone();
                else errors.Add(new(field.Name, "wrong_type", "It is no JSON object."));
                break;
            case FieldKind.Choice or FieldKind.Json:
                errors.Add(new(field.Name, "malformed_json", "It is no JSON."));
                break;
            default:
                // Browsers end lines with CR LF.
                Put(values, field.Path, text.ReplaceLineEndings("\n"));
                break;
        }
    }

    private static void Put(JsonObject values, IReadOnlyList<string> path, JsonNode? value)
    {
        foreach (var name in path.SkipLast(1))
        {
            if (values[name] is not JsonObject inner) values[name] = inner = [];
            values = inner;
        }
        values[path[^1]] = value;
    }

    private static JsonNode? Find(JsonObject values, IReadOnlyList<string> path)
    {
        JsonNode? found = values;
        foreach (var name in path) found = (found as JsonObject)?[name];
        return found;
    }

    private static JsonNode? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Text(JsonNode? value) => value is null ? "" : value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString();
}
