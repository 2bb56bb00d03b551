namespace Platform.Runner.Tests;

/// <summary>The connector for tests that is made with the SDK for .NET, see tests/Samples.</summary>
internal static class SampleConnectors
{
    public const string Command = "./sample-connector";

    /// <summary>tests/Samples/ActingConnector, built beside these tests.</summary>
    public static string Acting => Path.GetFullPath(Path.Combine(Folder, "..", "..", "ActingConnector", Path.GetFileName(Folder)));

    public static string Folder => AppContext.BaseDirectory.TrimEnd('/');
}
