using System.Text.Json.Nodes;

namespace Platform.Tests.Chaos;

/// <summary>connectors/chaos and its c1 twin, installed once each for all tests of a class.</summary>
internal sealed class ChaosConnectors(PlatformFixture platform)
{
    // Short, so that a connector that says nothing is found out soon; long enough for a busy machine.
    private const int StartSeconds = 15;
    private const int MemoryMegabytes = 2048;

    // The build's output stands beside that of the tests: <bin>/Platform.Tests/<configuration>.
    private static readonly string Built = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "chaos", new DirectoryInfo(AppContext.BaseDirectory).Name));

    private readonly Dictionary<string, string> installed = [];

    /// <summary>Says what goes wrong at the next start, and nothing when it is gone.</summary>
    public string StartFile { get; } = Path.Combine(platform.Sources, "chaos-start");

    /// <param name="protocol">platform or c1.</param>
    /// <returns>The connector's name.</returns>
    public async Task<string> InstallAsync(string protocol)
    {
        if (installed.TryGetValue(protocol, out var known))
            return known;
        var name = $"chaos-{protocol}-{Guid.NewGuid().ToString("N")[..6]}";
        var manifest = new JsonObject
        {
            ["name"] = name,
            ["source"] = "Local",
            ["uri"] = Built,
            ["command"] = protocol == "c1" ? "./chaos c1" : "./chaos",
            ["protocol"] = protocol,
            ["env"] = new JsonObject { ["CHAOS_START"] = StartFile },
            ["limits"] = new JsonObject { ["start_seconds"] = StartSeconds, ["memory_mb"] = MemoryMegabytes },
        };
        var install = await platform.Api.InstallAsync(manifest);
        Assert.True((string?)install["state"] == "succeeded", install.ToJsonString());
        return installed[protocol] = name;
    }
}
