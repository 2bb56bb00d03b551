using System.Text.RegularExpressions;

namespace Platform.Installer.Images;

/// <param name="Platform">Such as <c>linux/amd64</c>; null: the engine's own.</param>
internal sealed record BaseImage(string Reference, string? Platform = null);

/// <summary>The little of a Dockerfile that has to be known before it is built.</summary>
/// <param name="Bases">What it begins with or copies from, each once; without <c>scratch</c>, stages of its own, and what variables decide that only the build knows.</param>
/// <param name="BuildKitNeeds">What the classic builder refuses or, worse, takes for something else, with the lines.</param>
/// <param name="Syntax">The image that BuildKit reads it with (<c># syntax=</c>); null: its own. To the classic builder that is a comment.</param>
internal sealed partial record Dockerfile(IReadOnlyList<BaseImage> Bases, IReadOnlyList<string> BuildKitNeeds, string? Syntax = null)
{
    public const string FileName = "Dockerfile";
    private const string Nothing = "scratch";

    // docs.docker.com/reference/dockerfile: options that came with BuildKit, and the arguments that only it fills in.
    private static readonly Dictionary<string, string[]> ownOptions = new(StringComparer.Ordinal)
    {
        ["RUN"] = ["--mount", "--network", "--security"],
        ["COPY"] = ["--link", "--chmod", "--parents", "--exclude"],
        ["ADD"] = ["--link", "--chmod", "--checksum", "--keep-git-dir", "--exclude", "--unpack"],
    };

    private static readonly string[] ownArguments =
        ["BUILDPLATFORM", "BUILDOS", "BUILDARCH", "BUILDVARIANT", "TARGETPLATFORM", "TARGETOS", "TARGETARCH", "TARGETVARIANT"];

    /// <summary>All images that its build needs.</summary>
    public IReadOnlyList<BaseImage> Needed => BuildKitNeeds.Count > 0 && Syntax is { } image ? [new(image), .. Bases] : Bases;

    public static Dockerfile Read(string text)
    {
        var (bases, needs, stages, arguments, isFirst) = (
            new List<BaseImage>(), new List<string>(), new HashSet<string>(StringComparer.OrdinalIgnoreCase), new Dictionary<string, string>(StringComparer.Ordinal), true);
        foreach (var (line, words) in DockerfileLines.Of(text))
        {
            var instruction = words[0].ToUpperInvariant();
            needs.AddRange(Needs(instruction, words).Select(need => $"line {line}: {need}"));
            switch (instruction)
            {
                // Only those before the first FROM are known in a FROM.
                case "ARG" when isFirst:
                    foreach (var pair in words.Skip(1).Select(word => word.Split('=', 2)).Where(pair => pair.Length == 2))
                        arguments[pair[0]] = Resolve(pair[1].Trim('"', '\''), arguments);
                    break;
                case "FROM":
                    isFirst = false;
                    var rest = words.Skip(1).Where(word => !word.StartsWith("--", StringComparison.Ordinal)).ToList();
                    if (rest.Count == 0) break;
                    var platform = Option(words, "--platform") is { } given && Resolve(given, arguments) is { Length: > 0 } known && !known.Contains('$') ? known : null;
                    Add(Resolve(rest[0], arguments), platform);
                    if (rest.Count >= 3 && rest[1].Equals("AS", StringComparison.OrdinalIgnoreCase)) stages.Add(rest[2]);
                    break;
                case "COPY":
                    if (Option(words, "--from") is { } from && !int.TryParse(from, out _)) Add(Resolve(from, arguments), null);
                    break;
            }
        }
        return new(bases, needs, SyntaxLine().Match(text) is { Success: true } syntax ? syntax.Groups[1].Value : null);

        void Add(string image, string? platform)
        {
            if (image.Length > 0 && image != Nothing && !image.Contains('$') && !stages.Contains(image) && !bases.Contains(new(image, platform))) bases.Add(new(image, platform));
        }
    }

    private static IEnumerable<string> Needs(string instruction, string[] words)
    {
        foreach (var option in ownOptions.GetValueOrDefault(instruction, []))
            if (words.Skip(1).TakeWhile(word => word.StartsWith("--", StringComparison.Ordinal)).Any(word => word == option || word.StartsWith(option + "=", StringComparison.Ordinal)))
                yield return $"{instruction} {option}";
        if (instruction is "RUN" or "COPY" or "ADD" && words.Any(word => DockerfileLines.HereDocument(word) is not null)) yield return $"{instruction} with a here-document (<<)";
        if (instruction == "FROM")
            foreach (var name in ownArguments.Where(name => words.Any(word => Variable().Matches(word).Any(match => match.Groups["name"].Value == name))))
                yield return $"FROM with ${name}";
        if (instruction == "ARG")
            foreach (var name in ownArguments.Where(words.Contains))
                yield return $"ARG {name}, which would be empty";
    }

    private static string? Option(string[] words, string name) =>
        words.FirstOrDefault(word => word.StartsWith(name + "=", StringComparison.Ordinal))?[(name.Length + 1)..];

    private static string Resolve(string word, Dictionary<string, string> arguments) => Variable().Replace(word, match =>
    {
        var value = arguments.GetValueOrDefault(match.Groups["name"].Value, "");
        return match.Groups["else"] switch
        {
            { Success: true, Value: "+" } => value.Length > 0 ? match.Groups["word"].Value : "",
            { Success: true } when value.Length == 0 => match.Groups["word"].Value,
            _ => value.Length > 0 ? value : match.Value,
        };
    });

    // Among the comments at its beginning.
    [GeneratedRegex(@"\A\ufeff?(?:\s*#[^\n]*\n)*?\s*#\s*syntax\s*=\s*(\S+)", RegexOptions.IgnoreCase)]
    private static partial Regex SyntaxLine();

    [GeneratedRegex(@"\$(?:\{(?<name>\w+)(?::?(?<else>[-+])(?<word>[^}]*))?\}|(?<name>\w+))")]
    private static partial Regex Variable();
}
