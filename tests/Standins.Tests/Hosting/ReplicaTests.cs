using System.Diagnostics;
using System.Net.Http.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace Platform.Standins.Tests.Hosting;

public sealed class ReplicaTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Replicas_share_one_address_which_leads_to_those_that_live_and_the_resource_ends_with_the_last()
    {
        var builder = DistributedApplicationTestingBuilder.Create();
        var web = builder.AddProject<Projects.SampleWeb>("web").WithReplicas(2).WithHttpHealthCheck("/health");
        builder.AddProject<Projects.SampleWeb>("second").WithReference(web).WaitFor(web).WithHttpHealthCheck("/health");
        await using var app = await builder.BuildAsync(Cancel);
        await app.StartAsync(Cancel);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("second", Cancel).WaitAsync(Until.Started, Cancel);
        using var second = app.CreateHttpClient("second");
        var given = (await second.GetFromJsonAsync<Dictionary<string, string>>("/environment", Cancel))!;
        Assert.Equal(app.GetEndpoint("web").ToString().TrimEnd('/'), given["services__web__http__0"]);
        Assert.DoesNotContain("services__web__http__1", given.Keys);

        var ids = new[] { await IdAsync(app), await IdAsync(app) };
        Assert.Equal(2, ids.Distinct().Count());
        await EndAsync(ids[0]);

        Assert.Equal([ids[1], ids[1], ids[1]], new[] { await IdAsync(app), await IdAsync(app), await IdAsync(app) });
        Assert.True(app.ResourceNotifications.TryGetCurrentState("web", out var one));
        Assert.Equal(KnownResourceStates.Running, one.Snapshot.State?.Text);
        await EndAsync(ids[1]);
        await app.ResourceNotifications.WaitForResourceAsync("web", KnownResourceStates.Finished, Cancel).WaitAsync(Until.Started, Cancel);
    }

    /// <summary>Of the replica that a new connection leads to.</summary>
    private static async Task<int> IdAsync(DistributedApplication app)
    {
        using var client = app.CreateHttpClient("web");
        return (await client.GetFromJsonAsync<int[]>("/ids", Cancel))![0];
    }

    private static async Task EndAsync(int id)
    {
        using var process = Process.GetProcessById(id);
        process.Kill();
        await process.WaitForExitAsync(Cancel).WaitAsync(Until.Started, Cancel);
    }
}
