using System.Text.RegularExpressions;

namespace Platform.Installer.Images;

/// <summary>The shape of an image's reference; as in github.com/distribution/reference.</summary>
internal static partial class ImageReference
{
    public static bool IsOne(string text) => Reference().IsMatch(text);

    /// <summary>Whether an image can be called so: a name with a tag or without, and no digest.</summary>
    public static bool IsName(string text) => IsOne(text) && !text.Contains('@') && !text.StartsWith("sha256:", StringComparison.Ordinal);

    [GeneratedRegex(@"^(?:sha256:[0-9a-f]{64}|(?:(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?/)?[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?)\z")]
    private static partial Regex Reference();
}
