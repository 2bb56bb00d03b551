namespace Platform.Runner.Tests;

/// <summary>The connector for tests that is made with the SDK for .NET, see tests/Samples.</summary>
internal static class SampleConnectors
{
    public const string Command = "./sample-connector";

    public static string Folder => AppContext.BaseDirectory.TrimEnd('/');
}
