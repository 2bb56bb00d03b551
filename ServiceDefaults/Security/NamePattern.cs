using System.IO.Enumeration;

namespace Platform.ServiceDefaults;

/// <summary>A pattern of names, where <c>*</c> stands for any characters, none included, and case counts: in memory and in SQL the same.</summary>
public static class NamePattern
{
    /// <summary>What has another meaning than itself to <see cref="Matches"/>, and so is in no pattern.</summary>
    public static bool IsSpecial(char c) => c is '?' or '\\' or '<' or '>' or '"';

    public static bool Matches(string pattern, string name) => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false);

    /// <summary>The same for LIKE.</summary>
    public static string ToLike(string pattern) =>
        pattern.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("%", @"\%", StringComparison.Ordinal).Replace("_", @"\_", StringComparison.Ordinal).Replace('*', '%');
}
