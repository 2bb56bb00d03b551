namespace Platform.Benchmarks.Processes;

/// <summary>Where the contestants are. <c>./platform</c> builds them before it starts this program.</summary>
internal static class Programs
{
    public static string Root { get; } = Environment.GetEnvironmentVariable("PLATFORM_ROOT")
        ?? throw new InvalidOperationException("PLATFORM_ROOT is not set: start this by ./platform bench.");

    public static string Artifacts => Path.Combine(Root, "artifacts", "bench");

    /// <summary>This program in another role.</summary>
    public static IReadOnlyList<string> Ours(params string[] arguments) => [Environment.ProcessPath!, .. arguments];

    public static IReadOnlyList<string> Go(string program, params string[] arguments) => [Path.Combine(Artifacts, "bin", program), .. arguments];
}
