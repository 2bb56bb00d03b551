using System.Text;
using System.Text.RegularExpressions;

namespace Platform.Installer.Images;

/// <summary>
/// Which files are no part of a build's context, by the rules of docs.docker.com/build/concepts/context: the last pattern that matches a path, or a
/// folder above it, decides; one with <c>!</c> takes back in.
/// </summary>
internal sealed class DockerIgnore
{
    public const string FileName = ".dockerignore";

    private readonly List<(Regex Pattern, bool TakesIn)> rules = [];

    /// <param name="file">For messages.</param>
    /// <exception cref="InstallFailedException"><c>dockerignore_invalid</c>.</exception>
    public static DockerIgnore Read(string text, string file = FileName)
    {
        var read = new DockerIgnore();
        foreach (var (position, whole) in text.TrimStart('\ufeff').Split('\n').Index())
        {
            var line = whole.Trim();
            if (line.Length == 0 || whole.StartsWith('#')) continue;
            var takesIn = line[0] == '!';
            var pattern = Clean(takesIn ? line[1..].Trim() : line);
            if (pattern.Length == 0) continue;
            try
            {
                // A stranger's pattern: one that does not go back can't take long.
                read.rules.Add((new Regex(ToRegex(pattern), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant), takesIn));
            }
            catch (Exception e) when (e is ArgumentException or NotSupportedException)
            {
                throw ImageErrors.DockerIgnoreInvalid(file, position + 1, line);
            }
        }
        return read;
    }

    /// <param name="path">Relative to the context, with <c>/</c>.</param>
    public bool Ignores(string path)
    {
        var ignored = false;
        foreach (var (pattern, takesIn) in rules)
            if (takesIn == ignored && Matches(pattern, path)) ignored = !takesIn;
        return ignored;
    }

    private static bool Matches(Regex pattern, string path)
    {
        for (var end = path.Length; end > 0; end = path.LastIndexOf('/', end - 1))
            if (pattern.IsMatch(path.AsSpan(0, end))) return true;
        return false;
    }

    // As Go's filepath.Clean, below the root.
    private static string Clean(string pattern)
    {
        var parts = new List<string>();
        foreach (var part in pattern.Split('/'))
        {
            if (part is "" or ".") continue;
            if (part != "..") parts.Add(part);
            else if (parts.Count > 0) parts.RemoveAt(parts.Count - 1);
        }
        return string.Join('/', parts);
    }

    private static string ToRegex(string pattern)
    {
        var regex = new StringBuilder("^");
        for (var i = 0; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                case '*' when i + 1 < pattern.Length && pattern[i + 1] == '*':
                    i++;
                    if (i + 1 < pattern.Length && pattern[i + 1] == '/') i++;
                    regex.Append(i + 1 == pattern.Length ? ".*" : "(.*/)?");
                    break;
                case '*':
                    regex.Append("[^/]*");
                    break;
                case '?':
                    regex.Append("[^/]");
                    break;
                case '[' when pattern.IndexOf(']', i + 1) is > 0 and var end:
                    regex.Append(pattern, i, end - i + 1);
                    i = end;
                    break;
                case '[':
                    throw new ArgumentException("A class of characters has no end.");
                case '\\' when i + 1 < pattern.Length:
                    regex.Append(Regex.Escape(pattern[++i].ToString()));
                    break;
                case var character:
                    regex.Append(Regex.Escape(character.ToString()));
                    break;
            }
        }
        return regex.Append(@"\z").ToString();
    }
}
