namespace Platform.Gateway.Console.Forms;

public enum FieldKind
{
    Text,
    /// <summary>Never shown again; empty in a form that edits: it stays.</summary>
    Secret,
    Integer,
    Number,
    Boolean,
    Choice,
    /// <summary>A list, one element in each line.</summary>
    Lines,
    /// <summary>Text of several lines, such as the content of a file.</summary>
    Long,
    /// <summary>What has no simpler field.</summary>
    Json,
}

/// <summary>One field of a form that is made from what a connector says of itself.</summary>
/// <param name="Root">The member of the request that the field's value is a part of, such as <c>options</c>.</param>
/// <param name="Path">Below that, from the outermost member to the field's own; none: the field is the whole of it.</param>
/// <param name="Choices">Of <see cref="FieldKind.Choice"/>, as JSON text.</param>
/// <param name="Rules">What else is asked of the value, in words.</param>
public sealed record FormField(
    string Root, IReadOnlyList<string> Path, FieldKind Kind, string? Description = null, bool Required = false, string? Default = null,
    IReadOnlyList<string>? Choices = null, string? Rules = null)
{
    /// <summary>As services name it in <c>errors</c>.</summary>
    public string Name => Path.Count == 0 ? Root : $"{Root}.{string.Join('.', Path)}";

    public string Label => Path.Count == 0 ? Root : string.Join('.', Path);

    public string Id => "field-" + string.Concat(Name.Select(c => char.IsAsciiLetterOrDigit(c) || c == '-' ? c : '_'));

    /// <summary>Whether an error of a service is about this field or what is within it.</summary>
    public bool IsMeantBy(string error) =>
        error == Name || (error.StartsWith(Name, StringComparison.Ordinal) && error[Name.Length] is '.' or '[' && error.Length > Name.Length);
}
