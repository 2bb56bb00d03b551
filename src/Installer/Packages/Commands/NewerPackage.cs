using System.Globalization;
using System.Text.RegularExpressions;
using Platform.Installer.Images;

namespace Platform.Installer.Packages.Commands;

/// <summary>
/// Which of two packages is the newer one. Metadata has no version of its own: what tells is the image, where both name one of the same repository with a
/// semantic version as its tag.
/// </summary>
internal static partial class NewerPackage
{
    /// <exception cref="InstallFailedException"><c>package_not_newer</c>: both versions are known, and the target is not the higher one.</exception>
    public static void Check(string folder, ConnectorMetadata target)
    {
        if (target.DockerImage is not { } to || CurrentImage(folder) is not { } from) return;
        var ((repository, current), (other, next)) = (EngineImages.Split(from), EngineImages.Split(to));
        if (repository == other && Parse(current) is { } old && Parse(next) is { } found && Compare(found, old) <= 0) throw CommandErrors.NotNewer(folder, current, next);
    }

    private static string? CurrentImage(string folder)
    {
        try
        {
            return FetchPackage.MetadataOf(folder, folder).DockerImage;
        }
        catch (InstallFailedException)
        {
            // Not known, then.
            return null;
        }
    }

    private static (long[] Numbers, string[] Before)? Parse(string tag)
    {
        if (SemanticVersion().Match(tag) is not { Success: true } match) return null;
        var before = match.Groups["before"].Value;
        return ([.. match.Groups["number"].Captures.Select(number => long.Parse(number.Value, CultureInfo.InvariantCulture))], before.Length == 0 ? [] : before.Split('.'));
    }

    // As semver.org says: without anything behind a hyphen it is the release, which is the highest.
    private static int Compare((long[] Numbers, string[] Before) one, (long[] Numbers, string[] Before) other)
    {
        foreach (var (a, b) in one.Numbers.Zip(other.Numbers))
            if (a != b) return a.CompareTo(b);
        if (one.Before.Length == 0 || other.Before.Length == 0) return other.Before.Length.CompareTo(one.Before.Length);
        foreach (var (a, b) in one.Before.Zip(other.Before))
        {
            var (isNumber, isOther) = (long.TryParse(a, NumberStyles.None, CultureInfo.InvariantCulture, out var x), long.TryParse(b, NumberStyles.None, CultureInfo.InvariantCulture, out var y));
            var order = isNumber && isOther ? x.CompareTo(y) : isNumber != isOther ? (isNumber ? -1 : 1) : string.CompareOrdinal(a, b);
            if (order != 0) return order;
        }
        return one.Before.Length.CompareTo(other.Before.Length);
    }

    [GeneratedRegex(@"^v?(?<number>\d{1,9})\.(?<number>\d{1,9})\.(?<number>\d{1,9})(?:-(?<before>[0-9A-Za-z.-]+))?\z")]
    private static partial Regex SemanticVersion();
}
