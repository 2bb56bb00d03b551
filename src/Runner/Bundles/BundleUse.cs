using Microsoft.Win32.SafeHandles;

namespace Platform.Runner.Bundles;

/// <summary>
/// The file <c>used</c> in a bundle's folder. Whoever uses the bundle holds its lock together with others, whoever removes it holds it alone;
/// a Runner that dies gives it back. Its time of change is that of the last use.
/// </summary>
internal static class BundleUse
{
    /// <summary>Makes the file, held.</summary>
    public static SafeFileHandle Create(string bundle) =>
        File.OpenHandle(Stamp(bundle), FileMode.CreateNew, FileAccess.Read | FileAccess.Write, FileShare.Read);

    /// <summary>Begins a use; null when the bundle is not there, or is being removed.</summary>
    public static SafeFileHandle? TryHold(string bundle)
    {
        if (TryOpen(bundle, FileShare.Read) is not { } held)
            return null;
        File.SetLastWriteTimeUtc(held, DateTime.UtcNow);
        return held;
    }

    /// <summary>Keeps everybody else from it; null when it is in use, or not there.</summary>
    public static SafeFileHandle? TryOwn(string bundle) => TryOpen(bundle, FileShare.None);

    public static bool Exists(string bundle) => File.Exists(Stamp(bundle));

    public static DateTime LastUse(string bundle) => File.GetLastWriteTimeUtc(Stamp(bundle));

    private static string Stamp(string bundle) => Path.Combine(bundle, "used");

    private static SafeFileHandle? TryOpen(string bundle, FileShare share)
    {
        try
        {
            return File.OpenHandle(Stamp(bundle), FileMode.Open, FileAccess.Read, share);
        }
        catch (IOException)
        {
            // Not there, or locked by the other kind.
            return null;
        }
    }
}
