using System.Text.Json;
using System.Text.Json.Nodes;

namespace Platform.ServiceDefaults;

/// <summary>One application of <see cref="ParameterRules"/>: makes the values, and remembers what was wrong.</summary>
internal sealed class ParameterReader
{
    private readonly List<FieldError> errors = [];

    public IReadOnlyList<FieldError> Errors => errors;

    /// <param name="path">Where the object stands, with a dot at its end; empty for the whole.</param>
    /// <param name="isSecret">Then names that the specification does not have are not told either.</param>
    public JsonObject Members(IReadOnlyList<Parameter> parameters, JsonElement json, string path, bool isSecret)
    {
        var given = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var member in json.EnumerateObject())
        {
            // Looking for what was meant takes time, which is not spent on errors that nobody sees.
            if (errors.Count == ParameterRules.MaxErrors) break;
            var parameter = ParameterRules.Find(parameters, member.Name);
            if (parameter is null)
                Add(isSecret ? path.TrimEnd('.') : path + member.Name, "unknown_field", Hint(parameters, member.Name));
            else if (parameter.ReservedPrefixes?.FirstOrDefault(p => member.Name.StartsWith(p, StringComparison.Ordinal)) is { } prefix)
                Add(path + member.Name, "reserved_name", $"Names that begin with {prefix} are the platform's own.");
            else if (!given.TryAdd(member.Name, member.Value))
                Add(path + member.Name, "duplicate_field", "The field stands there twice.");
        }

        var names = new HashSet<string>([.. given.Keys, .. parameters.Where(HasDefault).Select(p => p.Name).Where(name => !ParameterRules.HasWildcard(name))], StringComparer.Ordinal);
        // A name that only its default makes may be the beginning of others.
        while (parameters.Where(HasDefault).SelectMany(p => Names(p, names)).Except(names).ToList() is { Count: > 0 } more)
            names.UnionWith(more);

        var values = new JsonObject();
        foreach (var parameter in parameters)
            foreach (var name in Names(parameter, names).Where(name => ParameterRules.Find(parameters, name) == parameter))
                if (Value(parameter, given.GetValueOrDefault(name), path + name, isSecret) is { } value)
                    values[name] = value;
        return values;
    }

    private static bool HasDefault(Parameter parameter) => parameter.Verbatim ? parameter.Default is not null : !string.IsNullOrWhiteSpace(parameter.Default);

    /// <summary>
    /// A name with <c>*</c> is there as often as others begin like it: "tables.users.key" makes "tables.*.format" be "tables.users.format".
    /// </summary>
    private static IEnumerable<string> Names(Parameter parameter, IEnumerable<string> others)
    {
        if (!ParameterRules.HasWildcard(parameter.Name)) return [parameter.Name];
        var pattern = parameter.Name.Split('.');
        var fixedFrom = Array.LastIndexOf(pattern, "*") + 1;
        // With the star at its end there is nothing that could be missing.
        var longest = fixedFrom == pattern.Length ? fixedFrom : int.MaxValue;
        return others.Select(name => name.Split('.'))
            .Where(name => name.Length >= fixedFrom && name.Length <= longest && ParameterRules.Matches(pattern.AsSpan(0, fixedFrom), name.AsSpan(0, fixedFrom)))
            .Select(name => string.Join('.', [.. name.Take(fixedFrom), .. pattern.Skip(fixedFrom)])).Distinct();
    }

    /// <returns>Null: left out, or wrong.</returns>
    private JsonNode? Value(Parameter parameter, JsonElement given, string path, bool isSecret)
    {
        if (ParameterRules.IsEmpty(parameter, given))
        {
            if (!HasDefault(parameter))
            {
                if (parameter.IsRequired) Add(path, "required", parameter.Verbatim ? "The field is required." : "The field is required and must not be empty.");
                return null;
            }
            if (!TryReadDefault(parameter, out given))
            {
                Add(path, "unusable_rule", "The connector's specification has a default here that is not JSON; its author has to mend it.");
                return null;
            }
        }
        isSecret |= parameter.Secret;
        var before = errors.Count;
        JsonNode? value = parameter.Type switch
        {
            ParameterTypes.List => List(parameter, given, path, isSecret),
            ParameterTypes.Map => Map(parameter, given, path, isSecret),
            ParameterTypes.Object => Object(parameter, given, path, isSecret),
            ParameterTypes.Any => Copy(given, path),
            _ => Scalar(parameter, given, path),
        };
        if (value is not null && errors.Count == before)
            foreach (var enumeration in parameter.Validations?.Where(v => v.Type == ValidationTypes.Enumeration) ?? [])
                Compare(value, enumeration, path);
        return value;
    }

    private void Compare(JsonNode value, Validation enumeration, string path)
    {
        if (ParameterRules.Enumerated(enumeration.Value) is not { } allowed)
        {
            Add(path, "unusable_rule", "The connector's specification has a rule here that can't be used; its author has to mend it.");
            return;
        }
        // Numbers by what they are worth, the members of objects in any order.
        var given = JsonSerializer.SerializeToElement(value);
        if (!allowed.Any(one => JsonElement.DeepEquals(one, given)))
            Add(path, "not_allowed", $"The field must be one of {string.Join(", ", allowed.Select(one => one.ValueKind == JsonValueKind.String ? one.GetString() : one.GetRawText()))}.");
    }

    private static bool TryReadDefault(Parameter parameter, out JsonElement value)
    {
        value = default;
        if (!ParameterRules.IsStructured(parameter.Type))
        {
            value = JsonSerializer.SerializeToElement(parameter.Default);
            return true;
        }
        try
        {
            value = JsonElement.Parse(parameter.Default!);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private JsonValue? Scalar(Parameter parameter, JsonElement given, string path)
    {
        var (scalar, expected) = ParameterScalar.Read(parameter.Type, given, parameter.Verbatim);
        if (scalar is null)
        {
            Add(path, "wrong_type", $"The field must be {expected}.");
            return null;
        }
        // Some take their time, which is not spent on errors that nobody sees.
        foreach (var validation in errors.Count < ParameterRules.MaxErrors ? parameter.Validations ?? [] : [])
            if (scalar.Check(parameter, validation) is { } error) Add(path, error.Code, error.Message);
        return scalar.Node;
    }

    private JsonArray? List(Parameter parameter, JsonElement given, string path, bool isSecret)
    {
        if (given.ValueKind != JsonValueKind.Array)
        {
            Add(path, "wrong_type", "The field must be a list.");
            return null;
        }
        var values = new JsonArray();
        foreach (var (position, item) in given.EnumerateArray().Index())
        {
            if (parameter.Elements is not { } elements)
                values.Add(Copy(item, $"{path}[{position}]"));
            else if (ParameterRules.IsEmpty(elements, item) && !HasDefault(elements) && !elements.IsRequired)
                values.Add(Empty(elements, item, $"{path}[{position}]"));
            else
                values.Add(Value(elements, item, $"{path}[{position}]", isSecret));
        }
        return values;
    }

    // Left out it would move those behind it.
    private JsonNode? Empty(Parameter elements, JsonElement item, string path)
    {
        if (elements.Type == ParameterTypes.Any) return Copy(item, path);
        if (elements.Type is ParameterTypes.String or ParameterTypes.File && item.ValueKind == JsonValueKind.String) return "";
        Add(path, "required", "An element must not be empty.");
        return null;
    }

    private JsonNode? Map(Parameter parameter, JsonElement given, string path, bool isSecret)
    {
        if (!IsObject(given, path)) return null;
        if (parameter.Elements is not { } elements) return Copy(given, path);
        var values = new JsonObject();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in given.EnumerateObject())
        {
            // Names in a secret may say as much as values.
            var at = isSecret ? path : $"{path}.{member.Name}";
            if (!names.Add(member.Name))
                Add(at, "duplicate_field", "The field stands there twice.");
            else if (Value(elements, member.Value, at, isSecret) is { } value)
                values[member.Name] = value;
        }
        return values;
    }

    private JsonNode? Object(Parameter parameter, JsonElement given, string path, bool isSecret) =>
        !IsObject(given, path) ? null
        : parameter.Properties is { Count: > 0 } properties ? Members(properties, given, path + ".", isSecret)
        : Copy(given, path);

    private bool IsObject(JsonElement given, string path)
    {
        if (given.ValueKind == JsonValueKind.Object) return true;
        Add(path, "wrong_type", "The field must be a JSON object.");
        return false;
    }

    /// <summary>As it came: not read through numbers that hold less.</summary>
    private JsonNode? Copy(JsonElement value, string path)
    {
        if (value.ValueKind is not (JsonValueKind.Array or JsonValueKind.Object))
            return value.ValueKind == JsonValueKind.Null ? null : JsonValue.Create(value);
        try
        {
            value = JsonElement.Parse(value.GetRawText(), new() { MaxDepth = ParameterRules.MaxDepth, AllowDuplicateProperties = false });
        }
        catch (JsonException)
        {
            Add(path, "duplicate_field", "An object within it has a field twice.");
        }
        return value.ValueKind == JsonValueKind.Array ? JsonArray.Create(value) : JsonObject.Create(value);
    }

    private void Add(string path, string code, string message)
    {
        if (errors.Count < ParameterRules.MaxErrors) errors.Add(new(path, code, message));
    }

    private static string Hint(IReadOnlyList<Parameter> parameters, string name) =>
        parameters.Count == 0 ? "There is no such field; none is known here." : $"There is no such field. {KnownNames.Suggest([.. parameters.Select(p => p.Name)], name)}";
}
