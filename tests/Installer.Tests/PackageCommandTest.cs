using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Platform.Servers;

namespace Platform.Installer.Tests;

/// <summary>One after the other: each looks whether anything is left of its commands.</summary>
[CollectionDefinition(nameof(CommandGroup))]
public sealed class CommandGroup : ICollectionFixture<CommandFixture>;

/// <summary>An Installer with an engine, and nothing of all else that one needs; and images of a shell, a few small programs and nothing else.</summary>
public sealed class CommandFixture(ContainerEngineFixture engine) : IAsyncLifetime
{
    public const string Secret = "a secret of the tests";

    private readonly Dictionary<string, string> images = [];
    private WebApplicationFactory<Program>? factory;

    internal Workplace Place { get; } = new(engine: engine.Socket);

    public ContainerEngineFixture Engine => engine;

    public string Data => Path.Combine(Place.Folder, "commands-data");

    public ValueTask InitializeAsync()
    {
        factory = new WebApplicationFactory<Program>().WithWebHostBuilder(web =>
        {
            foreach (var (name, value) in ((string, string)[])
                     [
                         ("Internal:Secret", Secret), ("Data:Directory", Data), ("Local:Roots:0", Place.Roots), ("Containers:Socket", engine.Socket),
                         ("Logging:LogLevel:MassTransit", "None"), ("ConnectionStrings:messaging", "amqp://guest:guest@127.0.0.1:1"), ("Outbound:Allow:0", "127.0.0.1"),
                     ])
                web.UseSetting(name, value);
        });
        return ValueTask.CompletedTask;
    }

    public HttpClient Client(string scopes)
    {
        var client = factory!.CreateClient();
        client.DefaultRequestHeaders.Add("X-Platform-Secret", Secret);
        client.DefaultRequestHeaders.Add("X-Platform-Scopes", scopes);
        return client;
    }

    /// <param name="changes">As of <see cref="ContainerEngineFixture.Import"/>.</param>
    /// <returns>The image's name.</returns>
    public string Image(params string[] changes)
    {
        if (images.TryGetValue(string.Join('\n', changes), out var known)) return known;
        var root = Path.Combine(Place.Folder, "image");
        if (images.Count == 0)
            Workplace.Shell($"mkdir -p '{root}/bin' '{root}/tmp' '{root}/etc/connector'; for program in sh cat sleep; do cp -L /bin/$program '{root}/bin/'; done; "
                + $"ldd /bin/sh /bin/cat /bin/sleep | sed -n 's/^[^/]*\\(\\/[^ ]*\\) (0x.*/\\1/p' | sort -u | while read -r library; do cp -L --parents \"$library\" '{root}'; done");
        var name = $"installer-tests-command:{Guid.NewGuid():N}";
        engine.Docker("tag", engine.Import(root, changes), name);
        return images[string.Join('\n', changes)] = name;
    }

    public async ValueTask DisposeAsync()
    {
        await factory!.DisposeAsync();
        if (images.Count > 0) engine.Docker(["rmi", "--force", .. images.Values]);
        Place.Dispose();
    }
}

/// <summary>
/// Commands of packages over HTTP. The connector's image does what <c>do.sh</c> of its configuration says, with the command's arguments.
/// </summary>
[Collection(nameof(CommandGroup))]
public abstract class PackageCommandTest(CommandFixture fixture) : IAsyncLifetime
{
    protected const string Metadata = ".hasura-connector/connector-metadata.yaml";
    protected const string Schema = """{"schema":{"scalar_types":{"Int":{}},"object_types":{"Row":{"fields":{"id":{"type":{"type":"named","name":"Int"}}}}},"collections":[{"name":"rows","type":"Row","arguments":{},"uniqueness_constraints":{}}],"functions":[],"procedures":[]},"capabilities":{"version":"0.2.1","capabilities":{"query":{},"mutation":{}}}}""";
    private const string Entrypoint = """ENTRYPOINT ["/bin/sh", "-c", ". \"$HASURA_CONFIGURATION_DIRECTORY/do.sh\"", "connector"]""";
    private readonly string home = Guid.NewGuid().ToString("N");

    protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    internal Workplace Place => fixture.Place;

    protected CommandFixture Fixture => fixture;

    /// <summary>Below the local roots, and this test's alone.</summary>
    protected string Home => Path.Combine(Place.Roots, home);

    public ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Home);
        return ValueTask.CompletedTask;
    }

    /// <summary>Nothing of any command may be left: no container, no work.</summary>
    public ValueTask DisposeAsync()
    {
        var work = Path.Combine(fixture.Data, "work");
        Assert.Empty(fixture.Engine.Docker("ps", "--all", "--quiet", "--filter", "label=platform.command"));
        Assert.Empty(Directory.Exists(work) ? Directory.GetFileSystemEntries(work) : []);
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    internal string Source(string name, params (string Path, string Content)[] files) => Place.Source($"{home}/{name}", files);

    /// <param name="changes">Besides its entrypoint.</param>
    protected string Image(params string[] changes) => fixture.Image([Entrypoint, .. changes]);

    /// <summary>A package with these commands, each as YAML.</summary>
    internal string Package(string name, string packaging, string commands, params (string Path, string Content)[] files) =>
        Source(name, [(Metadata, $"version: v2\nndcSpecGeneration: v0.2\npackagingDefinition: {packaging}\nsupportedEnvironmentVariables: [{{ name: GIVEN, description: a, defaultValue: as a default }}]\ncommands:\n  {commands}\n"), .. files]);

    protected static Dictionary<string, string?> Env(string name, string? value) => new() { [name] = value };

    protected async Task<JsonElement> PostAsync(string route, object body, int status = 200)
    {
        using var client = fixture.Client("connectors:install");
        using var answer = await client.PostAsJsonAsync($"/v1/images/{route}", body, Ct);
        var text = await answer.Content.ReadAsStringAsync(Ct);
        Assert.True((int)answer.StatusCode == status, $"{answer.StatusCode}: {text}");
        return JsonElement.Parse(text);
    }

    protected static string Text(JsonElement json, string member) => json.GetProperty(member).GetString()!;

    /// <summary>Code, exit code and the end of the output of the error in an answer.</summary>
    protected static (string Code, int? ExitCode, string Output) Error(JsonElement answer)
    {
        var error = answer.GetProperty("error");
        Assert.True(error.ValueKind == JsonValueKind.Object, answer.GetRawText());
        return (Text(error, "code"), error.TryGetProperty("exit_code", out var code) && code.ValueKind == JsonValueKind.Number ? code.GetInt32() : null,
            error.TryGetProperty("output_tail", out var output) ? output.GetString() ?? "" : "");
    }
}
