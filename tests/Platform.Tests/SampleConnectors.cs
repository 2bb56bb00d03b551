using System.Text.Json.Nodes;

namespace Platform.Tests;

/// <summary>The sample connectors, installed once each, and trees of files for them to list.</summary>
internal static class SampleConnectors
{
    public static JsonObject Manifest(string folder, string name)
    {
        var manifest = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "manifest.json")))!.AsObject();
        manifest["name"] = name;
        manifest["uri"] = folder;
        return manifest;
    }

    /// <summary>The manifest of a sample connector under a name of the test's own, its source ready to install.</summary>
    public static async Task<JsonObject> ManifestAsync(this PlatformFixture platform, string connector, string name)
    {
        if (connector is "files" or "files-c1")
            return Manifest(await Published(platform, connector), name);
        Repository.Require("go", "golang-go");
        Repository.Require("protoc", "protobuf-compiler");
        return Manifest(Repository.Connector(connector), name);
    }

    public static async Task InstallSampleAsync(this PlatformFixture platform, string connector, string name)
    {
        var install = await platform.Api.InstallAsync(await platform.ManifestAsync(connector, name));
        Assert.True((string?)install["state"] == "succeeded", install.ToJsonString());
    }

    /// <summary>A small tree with names and contents that go wrong easily.</summary>
    public static string MakeTree(this PlatformFixture platform, string name)
    {
        var root = Directory.CreateDirectory(Path.Combine(platform.Sources, name)).FullName;
        foreach (var (path, content) in new[]
        {
            ("empty", ""), ("a.txt", "a"), ("B.txt", "b"), ("a b/ü.json", "{}"), ("a b/c/deep.tar.gz", "z"), ("a.b/x", "x"), ("quote\".md", "#"), ("emoji-😀.png", "p"),
        })
        {
            var file = Path.Combine(root, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, content);
        }

        for (var i = 0; i < 1200; i++)
            File.WriteAllText(Path.Combine(root, $"many-{i}"), i.ToString());
        File.CreateSymbolicLink(Path.Combine(root, "link-to-file"), "a.txt");
        File.CreateSymbolicLink(Path.Combine(root, "link-to-folder"), "a b");
        return root;
    }

    private static readonly SemaphoreSlim Publishing = new(1);

    private static async Task<string> Published(PlatformFixture platform, string connector)
    {
        // ./platform has published it a moment ago; a run by hand can't know how old that one is.
        if (Environment.GetEnvironmentVariable("PLATFORM_ROOT") is { } root)
            return Path.Combine(root, "artifacts", "connectors", connector);
        var target = Path.Combine(platform.Sources, $"published-{connector}");
        await Publishing.WaitAsync();
        try
        {
            return File.Exists(Path.Combine(target, "manifest.json")) ? target : await Repository.PublishConnectorAsync(connector, target);
        }
        finally
        {
            Publishing.Release();
        }
    }
}
