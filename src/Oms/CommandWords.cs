using System.Text.Json;
using System.Text.Json.Nodes;
using Platform.Oms.Reading;

namespace Platform.Oms;

/// <summary>The words of a command with the arguments of a call.</summary>
public static class CommandWords
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// The arguments are one JSON object behind the command, <c>{}</c> where none is given, and nothing for an action that declares none. In a
    /// template each takes the place of its name: text as it is, everything else as JSON; a word that is the name of an argument that is not given goes away.
    /// </summary>
    public static IReadOnlyList<string> Of(OmsCommand command, JsonObject arguments, bool declared)
    {
        if (command.Template) return [.. command.Argv.Select(word => Fill(word, arguments)).OfType<string>()];
        return declared ? [.. command.Argv, arguments.ToJsonString(Plain)] : command.Argv;
    }

    private static string? Fill(string word, JsonObject arguments)
    {
        if (word == CommandReader.JsonWord) return arguments.ToJsonString(Plain);
        var only = CommandReader.Placeholder().Match(word);
        if (only.Success && only.Length == word.Length && arguments[only.Groups[1].Value] is null) return null;
        return CommandReader.Placeholder().Replace(word, match => arguments[match.Groups[1].Value] switch
        {
            null => "",
            JsonValue value when value.TryGetValue<string>(out var text) => text,
            var other => other.ToJsonString(Plain),
        });
    }
}
