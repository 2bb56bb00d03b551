using System.Text.Json;
using Platform.Contracts;
using Platform.Installer.Installs;
using Platform.Servers;
using Platform.ServiceDefaults;

namespace Platform.Installer.Tests;

/// <summary>Packaged connectors from all of their sources; with a real engine, which pulls nothing.</summary>
public sealed class PackageInstallTests(ContainerEngineFixture engine) : IAsyncLifetime
{
    private const string Metadata = ".hasura-connector/connector-metadata.yaml";
    private const string Managed = "packagingDefinition: { type: ManagedDockerBuild }\nsupportedEnvironmentVariables: [{ name: A, description: a, required: \"true\" }]\n";
    private readonly HashSet<string> images = [];
    private Workplace place = null!;

    public ValueTask InitializeAsync()
    {
        place = new(engine: engine.Socket, allow: "127.0.0.1");
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task An_image_is_resolved_once_and_its_configuration_is_the_bundle()
    {
        var name = Image("first");
        var manifest = Workplace.Package(name, "Image", place.Source("configuration", ("schema.json", "{}"), ("sub/data", "1")));
        var (status, tree) = await place.SucceedAsync(manifest);

        var runtime = Runtime(tree);
        Assert.Equal((IdOf(name), name, ".", null, null), (runtime.Image, runtime.ImageName, runtime.Configuration, runtime.Metadata, runtime.SpecGeneration));
        Assert.Equal(runtime.Image[7..], status.SourceDigest);
        Assert.True(File.Exists($"{tree}/schema.json") && File.Exists($"{tree}/sub/data"));

        // What the tag means later is another version's matter, or nobody's when a lock file pins the first.
        engine.Docker("tag", Image("second"), name);
        Assert.NotEqual(runtime.Image, (await place.FetchAsync(manifest, null)).Image);
        Assert.Equal(runtime.Image, (await place.FetchAsync(manifest, new(null, runtime.Image[7..], null, false))).Image);
    }

    [Fact]
    public async Task An_image_alone_has_no_configuration()
    {
        var runtime = Runtime((await place.SucceedAsync(Workplace.Package(Image("alone"), "Image"))).Tree);
        Assert.Equal((null, null, null), (runtime.Configuration, runtime.Variables, runtime.Commands));
    }

    [Fact]
    public async Task A_configuration_lies_below_the_local_roots_and_is_a_folder()
    {
        var name = Image("configured");
        Assert.Equal("local_not_allowed", (await place.FailAsync(Workplace.Package(name, "Image", "/etc"))).Code);
        Assert.Equal("local_not_found", (await place.FailAsync(Workplace.Package(name, "Image", $"{place.Roots}/absent"))).Code);
        Assert.Equal("configuration_no_folder", (await place.FailAsync(Workplace.Package(name, "Image", $"{place.Source("files", ("a", ""))}/a"))).Code);
        Assert.Equal("image_unavailable", (await place.FailAsync(Workplace.Package("localhost:1/absent:2", "Image"))).Code);
    }

    [Fact]
    public async Task A_prebuilt_package_is_its_own_configuration_and_its_commands_are_resolved()
    {
        var (name, tool) = (Image("prebuilt"), Image("tool"));
        var (status, tree) = await place.SucceedAsync(Workplace.Package(place.Source("prebuilt", ("config.json", "{}"), (Metadata, $$"""
            version: v2
            ndcSpecGeneration: v0.2
            packagingDefinition: { type: PrebuiltDockerImage, dockerImage: "{{name}}" }
            supportedEnvironmentVariables: [{ name: URI, description: u, defaultValue: x, required: true }]
            commands:
              update: { type: Dockerized, dockerImage: "{{tool}}", commandArgs: [update] }
              printSchemaAndCapabilities: { type: Dockerized, dockerImage: "localhost:1/absent:2", commandArgs: [print] }
              upgradeConfiguration: ./upgrade.sh
            """))));

        var runtime = Runtime(tree);
        Assert.Equal((IdOf(name), name, ".", Metadata, "v0.2"), (runtime.Image, runtime.ImageName, runtime.Configuration, runtime.Metadata, runtime.SpecGeneration));
        Assert.Equal([new PackageVariable("URI", "u", "x", true)], runtime.Variables);
        Assert.Equal(["update", "upgradeConfiguration"], runtime.Commands!.Keys.Order());
        Assert.Equal(IdOf(tool), runtime.Commands["update"].Image);
        Assert.Equal("./upgrade.sh", runtime.Commands["upgradeConfiguration"].Line);
        var warning = Assert.Single(status.Warnings!);
        Assert.Equal("command_image_unavailable", warning.Code);
        Assert.Contains("printSchemaAndCapabilities", warning.Message, StringComparison.Ordinal);
        Assert.True(File.Exists($"{tree}/config.json"));
    }

    [Fact]
    public async Task A_managed_build_sees_what_its_dockerignore_leaves_and_is_not_done_twice()
    {
        var source = place.Source("managed", (Metadata, Managed), (".hasura-connector/Dockerfile", "FROM scratch\nCOPY . /srv/\n"),
            (".hasura-connector/.dockerignore", "ignored\n.hasura-connector\n"), ("kept", "1"), ("ignored", "1"));
        var (first, tree) = await place.SucceedAsync(Workplace.Package(source) with { Version = "v1.2.3" });
        await File.WriteAllTextAsync($"{source}/ignored", "2", TestContext.Current.CancellationToken);
        var (second, again) = await place.SucceedAsync(Workplace.Package(source));
        await File.WriteAllTextAsync($"{source}/kept", "2", TestContext.Current.CancellationToken);
        var (third, changed) = await place.SucceedAsync(Workplace.Package(source));

        var runtime = Kept(tree);
        Assert.Equal((null, Metadata, "v0.1", $"platform/demo:{runtime.Image[7..19]}"), (runtime.Configuration, runtime.Metadata, runtime.SpecGeneration, runtime.ImageName));
        Assert.True(Assert.Single(runtime.Variables!).Required);
        Assert.Equal("/srv /srv/.hasura-connector /srv/.hasura-connector/.dockerignore /srv/.hasura-connector/Dockerfile /srv/kept", Files(runtime.Image));
        Assert.Equal(("demo", "v1.2.3", first.SourceDigest), (Label(runtime.Image, "platform.package.name"), Label(runtime.Image, "platform.package.version"), Label(runtime.Image, "platform.package.sha256")));
        Assert.Contains(" : COPY . /srv/", place.LogText(first), StringComparison.Ordinal);
        Assert.Equal(runtime.Image, Runtime(again).Image);
        Assert.DoesNotContain("Step", place.LogText(second), StringComparison.Ordinal);
        Assert.NotEqual(runtime.Image, Kept(changed).Image);
        Assert.Contains("Step", place.LogText(third), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_with_a_Dockerfile_alone_is_built_on_what_is_there_and_says_so()
    {
        var name = Image("base");
        var source = place.Source("bare", ("Dockerfile", $"ARG BASE={name}\nFROM $BASE\nCOPY a /a\n"), ("a", "1"));
        var runtime = Kept((await place.SucceedAsync(Workplace.Package(source))).Tree);
        Assert.Equal((null, null, null), (runtime.Configuration, runtime.Metadata, runtime.SpecGeneration));
        Assert.Equal($"{name}={IdOf(name)}", Label(runtime.Image, "platform.build.bases"));

        // Another base below the same name is another image.
        engine.Docker("tag", Image("other-base"), name);
        Assert.NotEqual(runtime.Image, Kept((await place.SucceedAsync(Workplace.Package(source))).Tree).Image);
    }

    [Fact]
    public async Task A_build_that_fails_leaves_the_image_of_the_version_before()
    {
        var source = place.Source("failing", ("Dockerfile", "FROM scratch\nCOPY a /\n"), ("a", "1"));
        var (first, tree) = await place.SucceedAsync(Workplace.Package(source));
        File.Delete($"{source}/a");
        var second = await place.RunAsync(Workplace.Package(source));

        Assert.Equal((InstallState.Failed, "image_build_failed"), (second.State, second.Error!.Code));
        Assert.Equal("/a", Files(Kept(tree).Image));
        Assert.True(File.Exists($"{place.Data.Store}/{first.Digest![..2]}/{first.Digest}.tar"));
    }

    [Fact]
    public async Task What_can_t_be_built_is_said_before_anything_is()
    {
        var missing = await place.FailAsync(Workplace.Package(place.Source("missing", ("Dockerfile", "FROM localhost:1/one:1\nCOPY --from=absent.invalid/two /a /\n"))));
        Assert.Equal("base_image_unavailable", missing.Code);
        Assert.Contains("localhost:1/one:1 (the registry localhost:1 does not answer)", missing.Message, StringComparison.Ordinal);
        Assert.Contains("absent.invalid/two (", missing.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("dial tcp", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_needs_BuildKit_is_built_by_it_once()
    {
        var source = place.Source("buildkit", ("Dockerfile", "FROM scratch AS first\nCOPY --chmod=750 a /a\nFROM scratch\nCOPY --from=first /a /b\n"), ("a", "1"));
        var (first, tree) = await place.SucceedAsync(Workplace.Package(source));
        var second = await place.RunAsync(Workplace.Package(source));

        Assert.Equal("/b", Files(Kept(tree).Image));
        Assert.Contains("Dockerfile needs BuildKit: line 2: COPY --chmod", place.LogText(first), StringComparison.Ordinal);
        Assert.Contains("COPY --from=first /a /b", place.LogText(first), StringComparison.Ordinal);
        Assert.Equal((first.Digest, "demo"), (second.Digest, Label(Runtime(tree).Image, "platform.package.name")));
        Assert.Contains("it is used again", place.LogText(second), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_of_BuildKit_has_its_words_and_what_it_needs_is_looked_for_too()
    {
        var failed = await place.FailAsync(Workplace.Package(place.Source("buildkit", ("Dockerfile", "FROM scratch\nCOPY --chmod=750 absent /\n"))));
        Assert.Equal("image_build_failed", failed.Code);
        Assert.Contains("absent", failed.Message, StringComparison.Ordinal);
        Assert.Contains("COPY --chmod=750 absent /", failed.OutputTail, StringComparison.Ordinal);

        var missing = await place.FailAsync(Workplace.Package(place.Source("syntax", ("Dockerfile", "# syntax=localhost:1/frontend:1\nFROM scratch\nRUN --mount=type=tmpfs,target=/a b\n"))));
        Assert.Equal("base_image_unavailable", missing.Code);
        Assert.Contains("localhost:1/frontend:1 (", missing.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("readme", "", "metadata_missing")]
    [InlineData(".hasura-connector/Dockerfile", "FROM scratch", "metadata_missing")]
    [InlineData("inner/" + Metadata, Managed, "metadata_missing")]
    [InlineData(Metadata, Managed, "dockerfile_missing")]
    [InlineData(Metadata, "version: v2\npackagingDefinition: { type: PrebuiltDockerImage, dockerImage: '' }", "metadata_invalid")]
    [InlineData(Metadata, "a: [", "metadata_malformed")]
    [InlineData(Metadata, "packagingDefinition: { type: PrebuiltDockerImage, dockerImage: localhost:1/absent }", "image_unavailable")]
    [InlineData(".platform/package.json", "{}", "reserved_folder")]
    public async Task What_is_no_package_is_refused(string path, string content, string code)
    {
        var error = await place.FailAsync(Workplace.Package(place.Source("refused", (path, content))));
        Assert.Equal(code, error.Code);
        Assert.NotNull(error.Remedy);
        if (path.StartsWith("inner/", StringComparison.Ordinal)) Assert.Contains("\"subdir\": \"inner\"", error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_package_comes_as_an_archive_by_http_or_from_this_machine_and_must_be_the_file_that_was_meant()
    {
        var source = place.Source("archived", (Metadata, Managed), (".hasura-connector/Dockerfile", "FROM scratch\nCOPY config /srv/\n"), ("config/a", "1"));
        var archive = $"{place.Roots}/connector-definition.tgz";
        Workplace.Shell($"tar -czf '{archive}' -C '{source}' .");
        await using var server = await FileServer.OfAsync(await File.ReadAllBytesAsync(archive, TestContext.Current.CancellationToken));
        var manifest = Workplace.Package($"{server.Address}/connector-definition.tgz", "HTTP");

        var (status, tree) = await place.SucceedAsync(manifest);
        Assert.Equal("/srv /srv/a", Files(Kept(tree).Image));
        Assert.Equal(status.Digest, (await place.RunAsync(manifest with { Sha256 = status.SourceDigest })).Digest);
        Assert.Equal("source_digest_mismatch", (await place.RunAsync(manifest with { Sha256 = new string('0', 64) })).Error!.Code);
        Assert.Equal(Runtime(tree).Image, Runtime((await place.SucceedAsync(Workplace.Package(archive))).Tree).Image);
    }

    [Fact]
    public async Task A_link_is_no_metadata_and_no_Dockerfile()
    {
        var source = place.Source("linked", ("elsewhere/connector-metadata.yaml", Managed), ("elsewhere/Dockerfile", "FROM scratch"));
        File.CreateSymbolicLink($"{source}/.hasura-connector", "elsewhere");
        File.CreateSymbolicLink($"{source}/Dockerfile", "elsewhere/Dockerfile");
        Assert.Equal("metadata_missing", (await place.FailAsync(Workplace.Package(source))).Code);
    }

    [Fact]
    public async Task Without_an_engine_it_says_so()
    {
        using var place = new Workplace(engine: "/nowhere/docker.sock");
        var error = await place.FailAsync(Workplace.Package(place.Source("source", ("Dockerfile", "FROM scratch\nCOPY a /\n"))));
        Assert.Equal("container_engine_unavailable", error.Code);
        Assert.Equal("container_engine_unavailable", (await place.FailAsync(Workplace.Package("demo:1", "Image"))).Code);
    }

    public ValueTask DisposeAsync()
    {
        // Those that were built on others before these.
        foreach (var image in images.Reverse())
            if (engine.Docker("images", "--quiet", "--no-trunc", "--filter", $"reference={image}").Length > 0 || image.StartsWith("sha256:", StringComparison.Ordinal)) engine.Docker("rmi", "--force", image);
        place.Dispose();
        return ValueTask.CompletedTask;
    }

    internal static PackageRuntime Runtime(string tree) =>
        JsonSerializer.Deserialize<PackageRuntime>(File.ReadAllText(Path.Combine(tree, PackageRuntime.Path)), PlatformJson.Options)!;

    private PackageRuntime Kept(string tree)
    {
        var runtime = Runtime(tree);
        images.Add(runtime.Image);
        return runtime;
    }

    /// <summary>Imports an image with one file, which says what it is.</summary>
    /// <returns>Its name.</returns>
    private string Image(string content)
    {
        var id = engine.Import(place.Source($"image-{content}", ("what", content)));
        var name = $"installer-tests-{content}:{Guid.NewGuid():N}";
        engine.Docker("tag", id, name);
        images.Add(name);
        return name;
    }

    private string IdOf(string image) => engine.Docker("inspect", "--format", "{{.Id}}", image);

    private string? Label(string image, string name) => engine.Docker("inspect", "--format", $"{{{{index .Config.Labels \"{name}\"}}}}", image);

    private string Files(string image)
    {
        var container = engine.Docker("create", image, "-");
        engine.Docker("export", "--output", $"{place.Folder}/image.tar", container);
        var list = Workplace.Shell($"tar -tf '{place.Folder}/image.tar'");
        engine.Docker("rm", container);
        // What the engine itself adds to every container.
        string[] own = ["dev/", "dev/console", "dev/pts/", "dev/shm/", "etc/", "etc/hostname", "etc/hosts", "etc/mtab", "etc/resolv.conf", "proc/", "sys/", ".dockerenv"];
        return string.Join(' ', list.Split('\n').Except(own).Select(path => "/" + path.TrimEnd('/')).Order(StringComparer.Ordinal));
    }
}
