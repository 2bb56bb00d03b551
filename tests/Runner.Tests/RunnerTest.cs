using System.Net;
using System.Text.Json;
using Platform.Runner.Processes;
using Platform.Servers;

[assembly: AssemblyFixture(typeof(ServersFixture))]

namespace Platform.Runner.Tests;

/// <summary>
/// The service over a real database, a real broker and real connectors; the services that it calls are in this process. One after the
/// other: these tests start and kill processes, and measure how long that takes.
/// </summary>
[Collection("runs")]
public abstract class RunnerTest(ServersFixture servers, GoConnectors connectors) : IAsyncLifetime
{
    protected static readonly TimeSpan RunTimeout = TimeSpan.FromSeconds(60);
    protected static readonly TimeSpan CancelLimit = TimeSpan.FromSeconds(5);
    private protected readonly string data = Directory.CreateTempSubdirectory("runner-data-").FullName;
    private protected readonly string temporary = Directory.CreateTempSubdirectory("rt-").FullName;
    private protected string database = null!;
    private protected Peers peers = null!;
    private protected RunnerProcess runner = null!;

    private protected GoConnectors Connectors => connectors;

    private protected ServersFixture Servers => servers;

    public virtual async ValueTask InitializeAsync()
    {
        database = servers.PostgresConnectionString("runner");
        peers = await Peers.StartAsync();
        runner = await StartAsync(RunnerSettings);
    }

    public virtual async ValueTask DisposeAsync()
    {
        await runner.DisposeAsync();
        await peers.DisposeAsync();
        await Wait.ForAsync("no process of a connector", () => ProcessTable.WithPrefix(RunFolder.Marker, temporary).Count == 0, CancelLimit);
        Directory.Delete(temporary, recursive: true);
        Directory.Delete(data, recursive: true);
    }

    /// <summary>Of the Runner that is there from the beginning.</summary>
    private protected virtual (string, string)[] RunnerSettings => [];

    private protected Task<RunnerProcess> StartAsync(params (string, string)[] settings) =>
        RunnerProcess.StartAsync(peers, database, servers.RabbitMqUri, data, temporary, settings);

    private protected async Task<string> StartRunAsync(string options, string connection = "c")
    {
        peers.Registry.Add(connection, peers.Bundles.Add(connectors.Crash), "./crash-go", options);
        return Id(await runner.StartRunAsync(connection));
    }

    private protected async Task CancelAsync(string id)
    {
        using var response = await runner.Client.PostAsync($"/v1/runs/{id}/cancel", null, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        await runner.WaitForStateAsync(id, CancelLimit, "cancelled");
    }

    private protected static string Id(JsonElement run) => run.GetProperty("id").GetString()!;
}
