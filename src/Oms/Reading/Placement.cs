using Platform.Oms.Yaml;

namespace Platform.Oms.Reading;

/// <summary>Where each argument goes in a request.</summary>
internal static class Placement
{
    private static readonly (string Word, OmsIn In)[] Words =
        [("query", OmsIn.Query), ("requestBody", OmsIn.RequestBody), ("path", OmsIn.Path), ("header", OmsIn.Header)];

    private static readonly (string Word, OmsIn In)[] Others =
        [("body", OmsIn.RequestBody), ("form", OmsIn.RequestBody), ("querystring", OmsIn.Query), ("params", OmsIn.Query), ("url", OmsIn.Path), ("headers", OmsIn.Header)];

    // They frame the message; a caller who sets them writes another one.
    private static readonly string[] Framing = ["host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "expect"];

    /// <summary>Puts the places into the arguments.</summary>
    /// <returns>Why that can't be; null: it could.</returns>
    public static string? Apply(Findings findings, OmsHttp http, List<DeclaredArgument> arguments)
    {
        var names = PathTemplate.Names(http.Url ?? http.Path);
        for (var i = 0; i < arguments.Count; i++)
        {
            var (name, path) = (arguments[i].Named.Name, arguments[i].Named.Path);
            var place = Of(findings, http, arguments[i], names.Contains(name));
            var argument = arguments[i].Argument with { In = place };
            if (place == OmsIn.Path && names.Contains(name) && argument is { Required: false, Default: null })
            {
                findings.Add(arguments[i].Named.At, "path_argument_required", $"{path}.required", $"{name} is a part of the path, and so required.");
                argument = argument with { Required = true };
            }

            arguments[i] = arguments[i] with { Argument = argument };
        }

        return Wrong(http, names, [.. arguments.Select(a => a.Argument)]);
    }

    private static string? Wrong(OmsHttp http, IReadOnlyList<string> names, IReadOnlyList<OmsArgument> arguments)
    {
        if (arguments.FirstOrDefault(a => a.In == OmsIn.Path && !names.Contains(a.Name)) is { } lost)
            return $"The argument {lost.Name} is in the path, and the path has no {{{lost.Name}}}.{Spelling.Hint(lost.Name, names.Except(arguments.Select(a => a.Name)))}";
        if (names.Except(arguments.Select(a => a.Name)).FirstOrDefault() is { } open)
            return $"The path has {{{Section.Short(open)}}}, and there is no such argument.{Spelling.Hint(open, arguments.Select(a => a.Name))}";
        if (arguments.FirstOrDefault(a => a.In == OmsIn.Header && !IsHeader(a.Name)) is { } header)
            return $"The argument {Section.Short(header.Name)} is in header, and its name can't be that of one.";
        if (http.ContentType == OmsHttp.OctetStream && arguments.Count(a => a.In == OmsIn.RequestBody) is not 1 and var count)
            return $"A body of {OmsHttp.OctetStream} is the bytes of one argument, and {count} are in requestBody.";
        return null;
    }

    private static OmsIn Of(Findings findings, OmsHttp http, DeclaredArgument declared, bool inPath)
    {
        var (name, where) = (declared.Named.Name, $"{declared.Named.Path}.in");
        var likely = inPath ? OmsIn.Path : http.Method is "POST" or "PUT" or "PATCH" ? OmsIn.RequestBody : OmsIn.Query;
        if (declared.In is not YamlScalar given)
        {
            findings.Add(declared.In ?? declared.Named.At, "missing_in", where, $"{name} does not say where it goes; {Word(likely)} is taken.");
            return likely;
        }

        if (Words.Where(w => w.Word == given.Value).Select(w => (OmsIn?)w.In).FirstOrDefault() is not { } place)
        {
            var sure = Spelling.Sure(given.Value, Words.Select(w => w.Word));
            place = Others.Where(w => w.Word.Equals(given.Value, StringComparison.OrdinalIgnoreCase)).Select(w => (OmsIn?)w.In).FirstOrDefault()
                ?? Words.Where(w => w.Word == sure).Select(w => (OmsIn?)w.In).FirstOrDefault() ?? likely;
            findings.Add(given, "unknown_in", where, $"Arguments are in {string.Join(", ", Words.Select(w => w.Word))}, not in {Section.Short(given.Value)}; {Word(place)} is taken.");
        }

        if (!inPath || place == OmsIn.Path) return place;
        findings.Add(given, "argument_in_path", where, $"The path has {{{name}}}, so {name} goes there.");
        return OmsIn.Path;
    }

    private static string Word(OmsIn place) => Words.First(w => w.In == place).Word;

    private static bool IsHeader(string name) =>
        name.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal)) && !Framing.Contains(name.ToLowerInvariant());
}
