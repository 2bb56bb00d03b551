using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Platform.Servers;

namespace Platform.Installer.Tests;

/// <summary>Builds by request, over HTTP; of all that an Installer needs else, nothing is there.</summary>
public sealed class ImageBuildTests(ContainerEngineFixture engine) : IAsyncLifetime
{
    private const string Secret = "a secret of the tests";
    private readonly Workplace place = new();
    private readonly string name = $"localhost:5000/installer-tests/built:{Guid.NewGuid():N}";
    private WebApplicationFactory<Program> factory = null!;

    public ValueTask InitializeAsync()
    {
        factory = Start(engine.Socket);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_folder_becomes_an_image_of_the_name_that_was_asked_for()
    {
        var folder = place.Source("source", ("Dockerfile", "FROM scratch\nCOPY a /a\n"), ("a", Guid.NewGuid().ToString()));
        var begun = await PostAsync(folder, name);
        Assert.Equal(HttpStatusCode.Accepted, begun.StatusCode);
        var path = begun.Headers.Location!.ToString();
        var end = await EndAsync(path);

        Assert.Equal(("succeeded", name, "Dockerfile", folder), (Text(end, "state"), Text(end, "name"), Text(end, "dockerfile"), Text(end, "folder")));
        Assert.Equal(engine.Docker("inspect", "--format", "{{.Id}}", name), Text(end, "image"));
        Assert.Equal(name, engine.Docker("images", "--filter", $"label=platform.build.key", "--format", "{{.Repository}}:{{.Tag}}", name));
        var events = await Client().GetStringAsync(path + "/log", TestContext.Current.CancellationToken);
        Assert.Contains(" : COPY a /a", events, StringComparison.Ordinal);
        Assert.EndsWith("event: end\ndata: {\"state\":\"succeeded\"}\n\n", events, StringComparison.Ordinal);

        // Nothing has changed: another name for the same image.
        var again = await EndAsync((await PostAsync(folder, name + "b")).Headers.Location!.ToString());
        Assert.Equal(Text(end, "image"), Text(again, "image"));
        engine.Docker("rmi", name + "b");
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(place.Folder, "builds-data", "work")));
    }

    [Fact]
    public async Task A_package_is_built_from_its_definition_and_a_failure_is_told()
    {
        var folder = place.Source("package", (".hasura-connector/connector-metadata.yaml", "packagingDefinition: { type: ManagedDockerBuild }"), (".hasura-connector/Dockerfile", "FROM scratch\nCOPY absent /\n"));
        var path = (await PostAsync(folder, name)).Headers.Location!.ToString();
        var end = await EndAsync(path);

        Assert.Equal(("failed", ".hasura-connector/Dockerfile", "image_build_failed"), (Text(end, "state"), Text(end, "dockerfile"), Text(end.GetProperty("error"), "code")));
        using var client = Client();
        client.DefaultRequestHeaders.Accept.ParseAdd("application/json");
        var log = await client.GetFromJsonAsync<JsonElement>(path + "/log", TestContext.Current.CancellationToken);
        Assert.Equal("failed", Text(log, "state"));
        Assert.Contains(log.GetProperty("lines").EnumerateArray(), line => Text(line, "text").Contains("image_build_failed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_can_t_be_built_is_refused_with_all_of_its_errors()
    {
        var prebuilt = place.Source("prebuilt", (".hasura-connector/connector-metadata.yaml", "packagingDefinition: { type: PrebuiltDockerImage, dockerImage: demo }"));
        await RefusedAsync("/etc", "Not A Name", ("folder", "local_not_allowed"), ("name", "invalid_name"));
        await RefusedAsync(null, null, ("folder", "required"), ("name", "required"));
        await RefusedAsync($"{place.Roots}/absent", name + "@sha256:" + new string('0', 64), ("folder", "local_not_found"), ("name", "invalid_name"));
        await RefusedAsync(prebuilt, name, ("folder", "nothing_to_build"));
        await RefusedAsync(place.Source("nothing", ("a", "")), name, ("folder", "metadata_missing"));
        await RefusedAsync($"{place.Source("file", ("a", ""))}/a", name, ("folder", "no_folder"));
    }

    [Fact]
    public async Task It_needs_the_right_to_install_and_an_engine()
    {
        using var client = Client("connectors:read");
        Assert.Equal(HttpStatusCode.Forbidden, (await client.PostAsJsonAsync("/v1/images/builds", new { }, TestContext.Current.CancellationToken)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync($"/v1/images/builds/{Guid.NewGuid()}/log", TestContext.Current.CancellationToken)).StatusCode);

        await factory.DisposeAsync();
        factory = Start("/nowhere/docker.sock");
        var answer = await PostAsync(place.Source("source", ("Dockerfile", "FROM scratch\n")), name);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal("container_engine_unavailable", Text(await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken), "code"));
    }

    [Fact]
    public async Task A_build_that_the_Installer_s_end_breaks_off_has_failed()
    {
        // It would have to be pulled from where nobody answers.
        using var nobody = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        nobody.Start();
        var path = (await PostAsync(place.Source("source", ("Dockerfile", $"FROM {nobody.LocalEndpoint}/a\n")), name)).Headers.Location!.ToString();
        await factory.DisposeAsync();
        factory = Start(engine.Socket);

        var end = await EndAsync(path);
        Assert.Equal(("failed", "installer_interrupted"), (Text(end, "state"), Text(end.GetProperty("error"), "code")));
        Assert.EndsWith("event: end\ndata: {\"state\":\"failed\"}\n\n", await Client().GetStringAsync(path + "/log", TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        await factory.DisposeAsync();
        if (engine.Docker("images", "--quiet", name).Length > 0) engine.Docker("rmi", name);
        place.Dispose();
    }

    private WebApplicationFactory<Program> Start(string socket) => new WebApplicationFactory<Program>().WithWebHostBuilder(web =>
    {
        web.UseSetting("Internal:Secret", Secret);
        web.UseSetting("Data:Directory", Path.Combine(place.Folder, "builds-data"));
        web.UseSetting("Local:Roots:0", place.Roots);
        web.UseSetting("Containers:Socket", socket);
        web.UseSetting("Logging:LogLevel:MassTransit", "None");
        web.UseSetting("ConnectionStrings:messaging", "amqp://guest:guest@127.0.0.1:1");
    });

    private HttpClient Client(string scopes = "connectors:read connectors:install")
    {
        var client = factory.CreateClient();
        client.DefaultRequestHeaders.Add("X-Platform-Secret", Secret);
        client.DefaultRequestHeaders.Add("X-Platform-Scopes", scopes);
        return client;
    }

    private async Task<HttpResponseMessage> PostAsync(string? folder, string? called) =>
        await Client().PostAsJsonAsync("/v1/images/builds", new { folder, name = called }, TestContext.Current.CancellationToken);

    private async Task RefusedAsync(string? folder, string? called, params (string, string)[] errors)
    {
        var answer = await PostAsync(folder, called);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        Assert.Equal(errors, problem.GetProperty("errors").EnumerateArray().Select(error => (Text(error, "field"), Text(error, "code"))));
    }

    private async Task<JsonElement> EndAsync(string path)
    {
        using var client = Client();
        JsonElement build = default;
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(Workplace.Patience);
        do
            build = await client.GetFromJsonAsync<JsonElement>(path, timeout.Token);
        while (Text(build, "state") is "queued" or "running");
        return build;
    }

    private static string Text(JsonElement json, string member) => json.GetProperty(member).GetString()!;
}
