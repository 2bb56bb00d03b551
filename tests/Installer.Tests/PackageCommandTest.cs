using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Platform.Servers;

namespace Platform.Installer.Tests;

/// <summary>
/// Commands of packages over HTTP, with a real engine. The connector's image is a shell and nothing else: it does what <c>do.sh</c> of its configuration says,
/// with the command's arguments.
/// </summary>
public abstract class PackageCommandTest(ContainerEngineFixture engine) : IAsyncLifetime
{
    protected const string Metadata = ".hasura-connector/connector-metadata.yaml";
    protected const string Secret = "a secret of the tests";
    protected const string Schema = """{"schema":{"scalar_types":{"Int":{}},"object_types":{"Row":{"fields":{"id":{"type":{"type":"named","name":"Int"}}}}},"collections":[{"name":"rows","type":"Row","arguments":{},"uniqueness_constraints":{}}],"functions":[],"procedures":[]},"capabilities":{"version":"0.2.1","capabilities":{"query":{},"mutation":{}}}}""";
    protected const string Entrypoint = """ENTRYPOINT ["/bin/sh", "-c", ". \"$HASURA_CONFIGURATION_DIRECTORY/do.sh\"", "connector"]""";
    private readonly List<string> images = [];
    private WebApplicationFactory<Program> factory = null!;

    protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    internal Workplace Place { get; } = new();

    protected ContainerEngineFixture Engine => engine;

    protected virtual IEnumerable<(string Name, string Value)> Settings => [];

    public ValueTask InitializeAsync()
    {
        factory = new WebApplicationFactory<Program>().WithWebHostBuilder(web =>
        {
            foreach (var (name, value) in ((string, string)[])
                     [
                         ("Internal:Secret", Secret), ("Data:Directory", Data), ("Local:Roots:0", Place.Roots), ("Containers:Socket", engine.Socket),
                         ("Logging:LogLevel:MassTransit", "None"), ("ConnectionStrings:messaging", "amqp://guest:guest@127.0.0.1:1"), ("Outbound:Allow:0", "127.0.0.1"), .. Settings,
                     ])
                web.UseSetting(name, value);
        });
        return ValueTask.CompletedTask;
    }

    /// <summary>Nothing of any command may be left: no container, no work.</summary>
    public async ValueTask DisposeAsync()
    {
        var (containers, work) = (engine.Docker("ps", "--all", "--quiet", "--filter", "label=platform.command"), Path.Combine(Data, "work"));
        var left = Directory.Exists(work) ? Directory.GetFileSystemEntries(work) : [];
        await factory.DisposeAsync();
        images.ForEach(image => engine.Docker("rmi", "--force", image));
        Place.Dispose();
        Assert.Equal(("", 0), (containers, left.Length));
        GC.SuppressFinalize(this);
    }

    protected string Data => Path.Combine(Place.Folder, "commands-data");

    /// <param name="changes">Instead of the entrypoint, as of <see cref="ContainerEngineFixture.Import"/>.</param>
    /// <returns>The image's name.</returns>
    protected string Image(params string[] changes)
    {
        var root = Directory.CreateDirectory(Path.Combine(Place.Folder, $"image-{images.Count}")).FullName;
        Workplace.Shell($"mkdir -p '{root}/bin' '{root}/tmp' '{root}/etc/connector'; for program in sh cat sleep; do cp -L /bin/$program '{root}/bin/'; done; "
            + $"ldd /bin/sh /bin/cat /bin/sleep | sed -n 's/^[^/]*\\(\\/[^ ]*\\) (0x.*/\\1/p' | sort -u | while read -r library; do cp -L --parents \"$library\" '{root}'; done");
        var name = $"installer-tests-command:{Guid.NewGuid():N}";
        engine.Docker("tag", engine.Import(root, changes.Length > 0 ? changes : [Entrypoint]), name);
        images.Add(name);
        return name;
    }

    /// <summary>A package with these commands, each as YAML.</summary>
    internal string Package(string name, string packaging, string commands, params (string Path, string Content)[] files) =>
        Place.Source(name, [(Metadata, $"version: v2\nndcSpecGeneration: v0.2\npackagingDefinition: {packaging}\nsupportedEnvironmentVariables: [{{ name: GIVEN, description: a, defaultValue: as a default }}]\ncommands:\n  {commands}\n"), .. files]);

    protected HttpClient Client(string scopes = "connectors:install")
    {
        var client = factory.CreateClient();
        client.DefaultRequestHeaders.Add("X-Platform-Secret", Secret);
        client.DefaultRequestHeaders.Add("X-Platform-Scopes", scopes);
        return client;
    }

    protected async Task<JsonElement> PostAsync(string route, object body, int status = 200)
    {
        using var client = Client();
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
