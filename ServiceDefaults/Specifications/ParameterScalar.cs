using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Platform.ServiceDefaults;

/// <summary>A single value: as the connector gets it, and as text that validations look at.</summary>
internal sealed record ParameterScalar(JsonValue Node, string Text)
{
    private static readonly TimeSpan MatchLimit = TimeSpan.FromMilliseconds(100);

    /// <returns>The value, or null and what it would have to be.</returns>
    /// <param name="verbatim">Text is not trimmed.</param>
    public static (ParameterScalar? Value, string Expected) Read(string type, JsonElement given, bool verbatim = false)
    {
        var text = given.ValueKind == JsonValueKind.String ? given.GetString()! : null;
        var trimmed = text?.Trim();
        var number = given.ValueKind == JsonValueKind.Number ? given.GetRawText() : null;
        return type switch
        {
            ParameterTypes.String => (Of(verbatim ? text : trimmed), "a string"),
            // The end of line after a key is part of the file.
            ParameterTypes.File => (Of(text), "a string with the text of a file"),
            ParameterTypes.Int => (Int(number ?? trimmed), "a whole number of 64 bits"),
            ParameterTypes.Float => (Float(number ?? trimmed, given), "a number of 64 bits"),
            ParameterTypes.Bool => (Bool(given, trimmed), "true or false"),
            ParameterTypes.Duration => (trimmed is not null && GoSyntax.Duration(trimmed) is not null ? Of(trimmed) : null, "a duration such as 300ms or 1h30m"),
            _ => (null, $"of the type '{type}', which is unknown"),
        };
    }

    /// <summary>What a rule says against the value; null when nothing.</summary>
    public (string Code, string Message)? Check(Parameter parameter, Validation validation) => validation.Type switch
    {
        ValidationTypes.GreaterThan => Compare(parameter.Type, Text, validation.Value) is > 0 ? null : ("out_of_range", $"The field must be greater than {validation.Value.Trim()}."),
        ValidationTypes.LessThan => Compare(parameter.Type, Text, validation.Value) is < 0 ? null : ("out_of_range", $"The field must be less than {validation.Value.Trim()}."),
        ValidationTypes.Minimum => Compare(parameter.Type, Text, validation.Value) is >= 0 ? null : ("out_of_range", $"The field must be at least {validation.Value.Trim()}."),
        ValidationTypes.Maximum => Compare(parameter.Type, Text, validation.Value) is <= 0 ? null : ("out_of_range", $"The field must be at most {validation.Value.Trim()}."),
        ValidationTypes.Inclusion => IsListed(parameter.Type, validation.Value) ? null : ("not_allowed", $"The field must be one of {string.Join(", ", Items(validation.Value))}."),
        ValidationTypes.Exclusion => !IsListed(parameter.Type, validation.Value) ? null : ("not_allowed", $"The field must be none of {string.Join(", ", Items(validation.Value))}."),
        ValidationTypes.Regex => Pattern(validation.Value, parameter.Verbatim) is not { } pattern ? Unusable
            : IsMatch(pattern) ? null : ("no_match", $"The field must match the regular expression {validation.Value}."),
        // The reader looks at it, as it is for other values too.
        ValidationTypes.Required or ValidationTypes.Enumeration => null,
        _ => Unusable,
    };

    private static (string, string)? Unusable => ("unusable_rule", "The connector's specification has a rule here that can't be used; its author has to mend it.");

    /// <returns>The sign of the difference; null when one of them is not of the type's kind, or, for text, no number.</returns>
    public static int? Compare(string type, string text, string bound)
    {
        bound = bound.Trim();
        if (type == ParameterTypes.Duration)
            return GoSyntax.Duration(text) is { } time && GoSyntax.Duration(bound) is { } timeBound ? time.CompareTo(timeBound) : null;
        // Beyond 2^53 a double does not tell neighbours apart.
        if (GoSyntax.Int(text) is { } whole && GoSyntax.Int(bound) is { } wholeBound) return whole.CompareTo(wholeBound);
        return GoSyntax.Float(text) is { } number && GoSyntax.Float(bound) is { } numberBound ? number.CompareTo(numberBound) : null;
    }

    /// <param name="timed">Else null also for what can't be matched in linear time.</param>
    /// <returns>Null for what is no regular expression.</returns>
    public static Regex? Pattern(string pattern, bool timed = false)
    {
        try
        {
            return new(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (NotSupportedException) when (timed)
        {
            return new(pattern, RegexOptions.CultureInvariant, MatchLimit);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    private bool IsMatch(Regex pattern)
    {
        try
        {
            return pattern.IsMatch(Text);
        }
        catch (RegexMatchTimeoutException)
        {
            return false;
        }
    }

    public static IEnumerable<string> Items(string list) => list.Split(',').Select(item => item.Trim());

    // Numbers and durations by what they are worth, so that 1.0 is 1 and 60s is 1m.
    private bool IsListed(string type, string list) => Items(list).Any(item =>
        type is ParameterTypes.Int or ParameterTypes.Float or ParameterTypes.Duration ? Compare(type, Text, item) == 0
        : type == ParameterTypes.Bool ? GoSyntax.Bool(item) == GoSyntax.Bool(Text)
        : item == Text);

    private static ParameterScalar? Of(string? text) => text is null ? null : new(JsonValue.Create(text)!, text);

    private static ParameterScalar? Int(string? text) =>
        text is not null && GoSyntax.Int(text) is { } value ? new(JsonValue.Create(value), value.ToString(CultureInfo.InvariantCulture)) : null;

    private static ParameterScalar? Float(string? text, JsonElement given) => text is null || GoSyntax.Float(text) is not { } value ? null
        // A number keeps its digits.
        : new(given.ValueKind == JsonValueKind.Number ? JsonValue.Create(given)! : JsonValue.Create(value), text);

    private static ParameterScalar? Bool(JsonElement given, string? text)
    {
        var value = given.ValueKind switch { JsonValueKind.True => true, JsonValueKind.False => false, _ => text is null ? null : GoSyntax.Bool(text) };
        return value is { } known ? new(JsonValue.Create(known), known ? "true" : "false") : null;
    }
}
