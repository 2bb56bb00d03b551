using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using Platform.Connector.V1;

namespace Platform.Connectors.Specifications;

/// <summary>The members of a record as the platform's parameters.</summary>
internal static class ParametersOf
{
    // A type that holds itself has no end.
    private const int MaxDepth = 8;

    /// <exception cref="InvalidOperationException">A validation that can't be said.</exception>
    public static IEnumerable<Parameter> Members(Type type) => Members(type, 0);

    /// <summary>What values of a type look like, without a name.</summary>
    public static Parameter Values(Type type) => Shape(type, 0);

    private static IEnumerable<Parameter> Members(Type type, int depth)
    {
        var constructor = type.GetConstructors().MaxBy(c => c.GetParameters().Length)?.GetParameters() ?? [];
        var empty = constructor.Length == 0 && !type.IsValueType && type.GetConstructor([]) is not null ? Activator.CreateInstance(type) : null;
        return type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(p => p.GetIndexParameters().Length == 0 && p.GetCustomAttribute<JsonIgnoreAttribute>() is null
                && (p.SetMethod is { IsPublic: true } || constructor.Any(c => c.Name == p.Name)))
            .Select(p => Member(p, constructor.FirstOrDefault(c => string.Equals(c.Name, p.Name, StringComparison.OrdinalIgnoreCase)), empty, depth));
    }

    private static Parameter Member(PropertyInfo property, ParameterInfo? argument, object? empty, int depth)
    {
        var described = Attribute<ParameterAttribute>(property, argument);
        var parameter = Shape(property.PropertyType, depth);
        parameter.Name = property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name ?? ConnectorJson.Name(property.Name);
        parameter.Description = described?.Description ?? "";
        parameter.Secret = described?.Secret ?? false;
        if (described?.File == true && parameter.Type == ParameterType.String)
            parameter.Type = ParameterType.File;
        var isRequired = argument is { HasDefaultValue: false } || property.GetCustomAttribute<RequiredMemberAttribute>() is not null;
        if (!isRequired)
            parameter.Default = Default(argument is { HasDefaultValue: true } ? argument.DefaultValue : empty is null ? null : property.GetValue(empty), property.PropertyType);
        if (isRequired || Attribute<RequiredAttribute>(property, argument) is not null)
            parameter.Validations.Add(new Validation { Type = ValidationType.Required });
        foreach (var validation in Validations(property, argument, parameter))
            parameter.Validations.Add(validation);
        return parameter;
    }

    private static Parameter Shape(Type declared, int depth)
    {
        var type = Nullable.GetUnderlyingType(declared) ?? declared;
        if (type == typeof(string) || type == typeof(Uri) || type == typeof(Guid) || type == typeof(DateTime) || type == typeof(DateTimeOffset) || type == typeof(char))
            return new() { Type = ParameterType.String };
        if (type == typeof(bool))
            return new() { Type = ParameterType.Bool };
        if (type == typeof(TimeSpan))
            return new() { Type = ParameterType.Duration };
        if (type == typeof(float) || type == typeof(double) || type == typeof(decimal))
            return new() { Type = ParameterType.Float };
        if (type.IsEnum)
            return new()
            {
                Type = ParameterType.String,
                Validations = { new Validation { Type = ValidationType.Inclusion, Value = string.Join(',', Enum.GetNames(type).Select(ConnectorJson.Name)) } },
            };
        if (type.IsPrimitive)
            return new() { Type = ParameterType.Int };
        if (depth >= MaxDepth || !SpecificationOf.IsKnown(type))
            return new() { Type = ParameterType.Any };
        if ((Generic(type, typeof(IReadOnlyDictionary<,>)) ?? Generic(type, typeof(IDictionary<,>))) is { } map)
            return new() { Type = ParameterType.Map, Elements = Shape(map.GetGenericArguments()[1], depth + 1) };
        if (Generic(type, typeof(IEnumerable<>)) is { } list)
            return new() { Type = ParameterType.List, Elements = Shape(list.GetGenericArguments()[0], depth + 1) };
        return typeof(IEnumerable).IsAssignableFrom(type)
            ? new() { Type = ParameterType.List }
            : new() { Type = ParameterType.Object, Properties = { Members(type, depth + 1) } };
    }

    private static IEnumerable<Validation> Validations(PropertyInfo property, ParameterInfo? argument, Parameter parameter)
    {
        if (Attribute<RangeAttribute>(property, argument) is { } range)
        {
            yield return new() { Type = ValidationType.GreaterThan, Value = Below(range.Minimum, range.MinimumIsExclusive) };
            yield return new() { Type = ValidationType.LessThan, Value = Above(range.Maximum, range.MaximumIsExclusive) };
        }

        // As the attribute means it: the whole text. The platform finds a pattern anywhere.
        if (Attribute<RegularExpressionAttribute>(property, argument) is { } expression)
            yield return new() { Type = ValidationType.Regex, Value = $"^(?:{expression.Pattern})$" };
        if (Attribute<AllowedValuesAttribute>(property, argument) is { } allowed)
            yield return new() { Type = ValidationType.Inclusion, Value = Words(parameter, allowed.Values) };
        if (Attribute<DeniedValuesAttribute>(property, argument) is { } denied)
            yield return new() { Type = ValidationType.Exclusion, Value = Words(parameter, denied.Values) };
    }

    // The platform's limits are strict, the attribute's usually are not.
    private static string Below(object minimum, bool isExclusive) => (minimum, isExclusive) switch
    {
        (int whole, false) => Text((long)whole - 1),
        (double number, false) => Text(Math.BitDecrement(number)),
        _ => Text(minimum),
    };

    private static string Above(object maximum, bool isExclusive) => (maximum, isExclusive) switch
    {
        (int whole, false) => Text((long)whole + 1),
        (double number, false) => Text(Math.BitIncrement(number)),
        _ => Text(maximum),
    };

    private static string Words(Parameter parameter, object?[] values)
    {
        var words = values.Where(v => v is not null).Select(v => v is Enum named ? ConnectorJson.Name(named.ToString()) : Text(v!)).ToArray();
        return words.FirstOrDefault(w => w.Contains(',')) is { } bad
            ? throw new InvalidOperationException($"The parameter {parameter.Name} has a list of values with a comma in \"{bad}\"; values are separated by commas.")
            : string.Join(',', words);
    }

    // A number or flag that nobody set is no default worth telling.
    private static string Default(object? value, Type type) => value switch
    {
        null => "",
        Enum named => ConnectorJson.Name(named.ToString()),
        TimeSpan duration => duration == TimeSpan.Zero ? "" : Duration.Format(duration),
        bool flag => flag ? "true" : "",
        string or Uri or Guid or char => Text(value),
        _ when type.IsPrimitive || Nullable.GetUnderlyingType(type) is { IsPrimitive: true } || value is decimal => value.Equals(Activator.CreateInstance(value.GetType())) ? "" : Text(value),
        _ => "",
    };

    private static string Text(object value) => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";

    private static T? Attribute<T>(PropertyInfo property, ParameterInfo? argument)
        where T : Attribute => property.GetCustomAttribute<T>() ?? argument?.GetCustomAttribute<T>();

    private static Type? Generic(Type type, Type definition) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == definition
            ? type
            : type.GetInterfaces().FirstOrDefault(i => i.IsGenericType && i.GetGenericTypeDefinition() == definition);
}
