using System.Text.Json;
using Platform.ServiceDefaults;

namespace Platform.Registry.Json;

/// <summary>Takes the fields out of an object and remembers what was wrong with them.</summary>
internal sealed class JsonFields
{
    private readonly Dictionary<string, JsonElement> values = [];
    private readonly List<FieldError> errors = [];

    private readonly string path;

    /// <param name="path">Where the object itself stands, with a dot at its end, such as <c>limits.</c>; empty for the whole document.</param>
    public JsonFields(JsonElement json, IReadOnlyCollection<string> known, string path = "")
    {
        this.path = path;
        foreach (var property in json.EnumerateObject())
        {
            if (!known.Contains(property.Name))
                errors.Add(new(path + property.Name, "unknown_field", $"There is no such field. Known are {string.Join(", ", known)}."));
            else if (!values.TryAdd(property.Name, property.Value))
                errors.Add(new(path + property.Name, "duplicate_field", "The field stands there twice."));
        }
    }

    public IReadOnlyList<FieldError> Errors => errors;

    /// <summary>The text of a field that must be there; empty after an error, so that the rules need not say it again.</summary>
    public string Required(string field)
    {
        var text = Optional(field);
        if (string.IsNullOrWhiteSpace(text) && errors.TrueForAll(e => e.Field != path + field))
            errors.Add(new(path + field, "required", "The field is required and must not be empty."));
        return text ?? "";
    }

    /// <summary>The text of a field; null when absent or null.</summary>
    public string? Optional(string field)
    {
        if (Value(field) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.String) return value.GetString();
        errors.Add(new(path + field, "wrong_type", "The field must be a string."));
        return null;
    }

    /// <summary>A field that is true or false; null when absent or null.</summary>
    public bool? Flag(string field)
    {
        if (Value(field) is not { } value) return null;
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False) return value.GetBoolean();
        errors.Add(new(path + field, "wrong_type", "The field must be true or false."));
        return null;
    }

    /// <summary>A field that is a number; null when absent or null.</summary>
    public double? Number(string field)
    {
        if (Value(field) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.Number) return value.GetDouble();
        errors.Add(new(path + field, "wrong_type", "The field must be a number."));
        return null;
    }

    /// <summary>A field that is a whole number of 32 bits; null when absent or null.</summary>
    public int? Integer(string field)
    {
        if (Value(field) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number)) return number;
        errors.Add(new(path + field, "wrong_type", "The field must be a whole number."));
        return null;
    }

    /// <summary>The value of a field whatever its type; null when absent or null.</summary>
    public JsonElement? Value(string field) =>
        values.TryGetValue(field, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>Whether the field stands there at all, be it as null.</summary>
    public bool Has(string field) => values.ContainsKey(field);

    public void Add(FieldError error) => errors.Add(error);
}
