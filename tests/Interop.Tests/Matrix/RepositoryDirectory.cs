using System.Reflection;

namespace Platform.Interop.Tests.Matrix;

internal static class RepositoryDirectory
{
    private static readonly string Root = Assembly.GetExecutingAssembly().GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == nameof(RepositoryDirectory)).Value!;

    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);
}
