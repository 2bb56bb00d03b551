using Docker.DotNet.Models;
using Platform.Contracts;
using Platform.Installer.Installs;
using Platform.Servers;
using Platform.ServiceDefaults;

namespace Platform.Installer.Tests;

/// <summary>Described services in images; with a real engine, which pulls nothing.</summary>
public sealed class ImageInstallTests(ContainerEngineFixture engine) : IAsyncLifetime
{
    private const string Dockerfile = "FROM scratch\nWORKDIR /srv\nCOPY . /srv/\n";
    private readonly HashSet<string> images = [];
    private Workplace place = null!;

    public ValueTask InitializeAsync()
    {
        place = new(engine: engine.Socket);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_Dockerfile_is_built_and_the_same_files_give_the_same_bundle()
    {
        var manifest = Workplace.Service(place.Source("source", ("oms.yml", ServiceInstallTests.Description), ("Dockerfile", Dockerfile), ("a", "1"), ("b", "2"), (".dockerignore", "b")));
        var (status, tree) = await place.SucceedAsync(manifest);
        var again = await place.RunAsync(manifest);

        var runtime = Kept(tree);
        Assert.Equal(ServiceKinds.Image, runtime.Kind);
        Assert.Matches("^sha256:[0-9a-f]{64}$", runtime.Image);
        Assert.Equal($"platform/demo:{runtime.Image![7..19]}", runtime.ImageName);
        Assert.Equal(status.Digest, again.Digest);
        Assert.Contains("it is used again", place.LogText(again), StringComparison.Ordinal);
        Assert.DoesNotContain("Step", place.LogText(again), StringComparison.Ordinal);
        Assert.Contains(" : COPY . /srv/", place.LogText(status), StringComparison.Ordinal);
        Assert.Equal([runtime.ImageName!], (await FindAsync(runtime.Image))!.RepoTags);
        // All of it is in the bundle, what is not ignored in the image.
        Assert.True(File.Exists($"{tree}/b"));
        Assert.Equal((true, false), (await HasAsync(runtime.Image, "/srv/a"), await HasAsync(runtime.Image, "/srv/b")));
    }

    [Fact]
    public async Task A_changed_file_is_another_image()
    {
        var source = place.Source("source", ("oms.yml", ServiceInstallTests.Description), ("Dockerfile", Dockerfile), ("a", "1"));
        var (_, first) = await place.SucceedAsync(Workplace.Service(source));
        await File.WriteAllTextAsync(Path.Combine(source, "a"), "2", TestContext.Current.CancellationToken);
        var (_, second) = await place.SucceedAsync(Workplace.Service(source));

        Assert.NotEqual(Kept(first).Image, Kept(second).Image);
    }

    [Fact]
    public async Task A_build_that_fails_gives_its_words_and_leaves_nothing()
    {
        var error = await place.FailAsync(Workplace.Service(place.Source("source", ("oms.yml", ServiceInstallTests.Description), ("Dockerfile", "FROM scratch\nCOPY absent /\n"))));

        Assert.Equal(("image_build_failed", "docker build"), (error.Code, error.Command));
        Assert.Contains("absent", error.Message, StringComparison.Ordinal);
        Assert.Contains("Step 2/", error.OutputTail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("FORM scratch\n")]
    [InlineData("")]
    public async Task A_Dockerfile_that_is_none_fails_as_a_build(string dockerfile) =>
        Assert.Equal("image_build_failed", (await place.FailAsync(Workplace.Service(place.Source("source", ("oms.yml", ServiceInstallTests.Description), ("Dockerfile", dockerfile))))).Code);

    [Fact]
    public async Task All_images_that_are_neither_there_nor_to_be_pulled_are_named_at_once()
    {
        var dockerfile = "FROM scratch AS a\nFROM localhost:1/first:1\nCOPY --from=localhost:1/second /a /\nCOPY --from=a /b /\n";
        var error = await place.FailAsync(Workplace.Service(place.Source("source", ("oms.yml", ServiceInstallTests.Description), ("Dockerfile", dockerfile))));

        Assert.Equal("base_image_unavailable", error.Code);
        Assert.Contains("localhost:1/first:1 (", error.Message, StringComparison.Ordinal);
        Assert.Contains("localhost:1/second (", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancelled_build_ends_at_once()
    {
        // It would have to be pulled from where nobody answers.
        using var nobody = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        nobody.Start();
        var manifest = Workplace.Service(place.Source("source", ("oms.yml", ServiceInstallTests.Description), ("Dockerfile", $"FROM {nobody.LocalEndpoint}/a\n")));
        using var cancel = new CancellationTokenSource();
        var id = Guid.CreateVersion7();
        var running = place.RunUntilAsync(new InstallStatus(id, manifest, "demo", DateTimeOffset.UtcNow, null), cancel.Token);
        await Workplace.UntilAsync("the pull", () => place.Logs.Find(id) is { } log && log.After(0).Lines.Any(line => line.Text.StartsWith("pulling", StringComparison.Ordinal)));
        await cancel.CancelAsync();

        Assert.Equal(InstallState.Cancelled, (await running.WaitAsync(Workplace.Patience, TestContext.Current.CancellationToken)).State);
    }

    [Fact]
    public async Task A_build_takes_no_longer_than_its_limit()
    {
        using var nobody = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        nobody.Start();
        place.Options.ImageTimeLimit = TimeSpan.FromSeconds(1);
        var error = await place.FailAsync(Workplace.Service(place.Source("source", ("oms.yml", ServiceInstallTests.Description), ("Dockerfile", $"FROM {nobody.LocalEndpoint}/a\n"))));

        Assert.Contains(error.Code, (string[])["image_build_timed_out", "image_pull_timed_out"]);
    }

    [Theory]
    [InlineData("/srv", null)]
    [InlineData("/", null)]
    [InlineData("/app", null)]
    [InlineData("/etc/x", "/etc/x/oms.yml")]
    [InlineData("/srv/deploy", "deploy/oms.yml")]
    public async Task The_description_is_copied_out_of_an_image_that_is_never_started(string folder, string? describedBy)
    {
        var name = await BuildAsync(folder);
        var manifest = Workplace.Service(name, "Image", describedBy: describedBy);
        var (status, tree) = await place.SucceedAsync(manifest);

        var runtime = Kept(tree);
        var id = (await FindAsync(name))!.ID;
        Assert.Equal((ServiceKinds.Image, "oms.yml", id, name), (runtime.Kind, runtime.Description, runtime.Image, runtime.ImageName));
        Assert.Equal(ServiceInstallTests.Description, await File.ReadAllTextAsync($"{tree}/oms.yml", TestContext.Current.CancellationToken));
        Assert.Equal(id[7..], status.SourceDigest);
        Assert.Empty(await place.Engine.AskAsync(client => client.Containers.ListContainersAsync(new() { All = true, Filters = new Dictionary<string, IDictionary<string, bool>> { ["ancestor"] = new Dictionary<string, bool> { [id] = true } } })));
        Assert.Equal(id, (await place.FetchAsync(manifest, new(null, id[7..], null, false))).Image);
        Assert.Equal("image_unavailable", (await place.FetchFailsAsync(Workplace.Service("localhost:1/absent", "Image"), new(null, new string('0', 64), null, false))).Code);
    }

    [Fact]
    public async Task An_image_without_a_description_is_refused_with_the_places_that_were_looked_at()
    {
        var error = await place.FailAsync(Workplace.Service(await BuildAsync("/elsewhere"), "Image"));

        Assert.Equal("description_missing", error.Code);
        Assert.Contains("/srv/oms.yml, /srv/oms.yaml", error.Message, StringComparison.Ordinal);
        Assert.Contains("/app/microservice.yaml", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_image_that_is_neither_there_nor_to_be_pulled_is_named() =>
        Assert.Equal("image_unavailable", (await place.FailAsync(Workplace.Service("localhost:1/absent:2", "Image"))).Code);

    public async ValueTask DisposeAsync()
    {
        foreach (var image in images)
        {
            try
            {
                await place.Engine.AskAsync(client => client.Images.DeleteImageAsync(image, new() { Force = true }));
            }
            catch (Docker.DotNet.DockerApiException e) when (e.StatusCode == System.Net.HttpStatusCode.NotFound)
            {
                // It went with another of its names.
            }
        }
        place.Dispose();
    }

    private ServiceRuntime Kept(string tree)
    {
        var runtime = ServiceInstallTests.Runtime(tree);
        if (runtime.Image is not null) images.Add(runtime.Image);
        return runtime;
    }

    /// <summary>An image with a description in that folder, which begins in /srv and has nothing that could be run.</summary>
    private async Task<string> BuildAsync(string folder)
    {
        var name = $"installer-tests-{Guid.NewGuid():N}:1";
        var context = Path.Combine(place.Folder, "context.tar");
        var files = place.Source("image", ("oms.yml", ServiceInstallTests.Description), ("Dockerfile", $"FROM scratch\nWORKDIR /srv\nCOPY oms.yml {folder}/\n"));
        Workplace.Shell($"tar -cf '{context}' -C '{files}' .");
        await using var content = File.OpenRead(context);
        await place.Engine.AskAsync(client => client.Images.BuildImageFromDockerfileAsync(new ImageBuildParameters { Tags = [name] }, content, null, null, new Progress<JSONMessage>()));
        images.Add(name);
        return name;
    }

    private Task<ImageInspectResponse?> FindAsync(string image) => place.Engine.AskAsync(client => client.Images.InspectImageAsync(image))!;

    private async Task<bool> HasAsync(string image, string path)
    {
        var container = (await place.Engine.AskAsync(client => client.Containers.CreateContainerAsync(new() { Image = image, Cmd = ["-"] }))).ID;
        try
        {
            await place.Engine.AskAsync(client => client.Containers.GetArchiveFromContainerAsync(container, new() { Path = path }, true));
            return true;
        }
        catch (Docker.DotNet.DockerApiException e) when (e.StatusCode == System.Net.HttpStatusCode.NotFound)
        {
            return false;
        }
        finally
        {
            await place.Engine.AskAsync(client => client.Containers.RemoveContainerAsync(container, new() { Force = true }));
        }
    }
}
