using System.Text.Json;

namespace Platform.Connectors.Tables;

/// <summary>A refusal: becomes the status and the body <c>{message, details}</c> of an answer.</summary>
/// <param name="code">Stable, snake_case; <c>details.code</c>.</param>
internal sealed class Problem(int status, string code, string message, params (string Name, string Value)[] details) : Exception(message)
{
    public int Status => status;

    public string Code => code;

    /// <summary>422: the name is in no list of the schema.</summary>
    /// <param name="kind">What it should be the name of: <c>column</c>.</param>
    /// <param name="where">Whose: <c>of type article</c>.</param>
    public static Problem Unknown(string kind, string name, IEnumerable<string> known, string where)
    {
        var nearest = Nearest.To(name, known);
        return nearest is null
            ? new(422, $"unknown_{kind}", $"There is no {kind} {name} {where}.", ("name", name))
            : new(422, $"unknown_{kind}", $"There is no {kind} {name} {where}; the nearest is {nearest}.", ("name", name), ("nearest", nearest));
    }

    /// <summary>422: known by name, and of no use here.</summary>
    public static Problem Unfit(string code, string message) => new(422, code, message);

    /// <summary>501: the capabilities do not promise it.</summary>
    public static Problem Undeclared(string capability) =>
        new(501, "capability_not_declared", $"The capability {capability} is not declared, so this is not supported.", ("capability", capability));

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("message", Message);
        writer.WriteStartObject("details");
        writer.WriteString("code", code);
        foreach (var (name, value) in details)
            writer.WriteString(name, value);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
