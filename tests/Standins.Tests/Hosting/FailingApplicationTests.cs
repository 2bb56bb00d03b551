using System.Net.Http.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace Platform.Standins.Tests.Hosting;

public sealed class FailingApplicationTests : IDisposable
{
    private static readonly string oneEndpointFolder = Directory.CreateTempSubdirectory("aspire-one-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_project_that_exits_is_reported_with_its_name_code_and_last_words_and_whoever_waits_for_it_fails_at_once()
    {
        var builder = DistributedApplicationTestingBuilder.Create();
        var crashing = builder.AddProject<Projects.SampleWeb>("crashing").WithEnvironment("SAMPLE_EXIT", "3").WithHttpHealthCheck("/health");
        builder.AddProject<Projects.SampleWeb>("waiting").WaitFor(crashing);
        await using var app = await builder.BuildAsync(Cancel);
        await app.StartAsync(Cancel);

        var failure = await Assert.ThrowsAsync<DistributedApplicationException>(() => app.ResourceNotifications.WaitForResourceHealthyAsync("waiting", Cancel).WaitAsync(Until.Started, Cancel));

        Assert.Contains("'crashing' exited with code 3", failure.Message, StringComparison.Ordinal);
        Assert.Contains("the sample gives up", failure.Message, StringComparison.Ordinal);
        Assert.True(app.ResourceNotifications.TryGetCurrentState("crashing", out var crashed));
        Assert.Equal(3, crashed.Snapshot.ExitCode);
        Assert.Equal(KnownResourceStates.Finished, crashed.Snapshot.State?.Text);
    }

    [Fact]
    public async Task A_project_without_Kestrel_endpoints_gets_its_launch_profiles_address_on_a_port_of_its_own_as_urls()
    {
        var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddProject<OneEndpoint>("plain").WithHttpHealthCheck("/health");
        await using var app = await builder.BuildAsync(Cancel);
        await app.StartAsync(Cancel);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("plain", Cancel).WaitAsync(Until.Started, Cancel);

        using var client = app.CreateHttpClient("plain");
        var environment = (await client.GetFromJsonAsync<Dictionary<string, string>>("/environment", Cancel))!;
        Assert.Equal(app.GetEndpoint("plain").ToString().TrimEnd('/'), environment["ASPNETCORE_URLS"]);
        Assert.DoesNotContain(environment.Keys, key => key.StartsWith("Kestrel__", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Resources_that_wait_for_each_other_are_refused()
    {
        var builder = DistributedApplicationTestingBuilder.Create();
        var one = builder.AddProject<Projects.SampleWeb>("one");
        var two = builder.AddProject<Projects.SampleWeb>("two").WaitFor(one);
        one.WaitFor(two);
        await using var app = await builder.BuildAsync(Cancel);

        await Assert.ThrowsAsync<DistributedApplicationException>(() => app.StartAsync(Cancel));
    }

    public void Dispose()
    {
        if (Directory.Exists(oneEndpointFolder))
            Directory.Delete(oneEndpointFolder, recursive: true);
    }

    /// <summary>The sample's program in a folder that has a launch profile and no settings.</summary>
    private sealed class OneEndpoint : IProjectMetadata
    {
        public OneEndpoint()
        {
            Directory.CreateDirectory(Path.Combine(oneEndpointFolder, "Properties"));
            File.WriteAllText(Path.Combine(oneEndpointFolder, "Properties", "launchSettings.json"),
                """{ "profiles": { "Plain": { "commandName": "Project", "applicationUrl": "http://127.0.0.1:5993" } } }""");
        }

        public string ProjectPath => Path.Combine(oneEndpointFolder, "OneEndpoint.csproj");

        // What the generated metadata carries besides.
        public string TargetPath => new Projects.SampleWeb().TargetPath;
    }
}
