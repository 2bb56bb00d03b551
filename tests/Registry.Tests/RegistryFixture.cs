using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Npgsql;
using Platform.Contracts;
using Platform.Servers;

[assembly: AssemblyFixture(typeof(ServersFixture))]

namespace Platform.Registry.Tests;

/// <summary>One Registry for the tests of the service ring, with stand-ins for Installer and Runner and a listener of events.</summary>
public sealed class RegistryFixture(ServersFixture servers) : IAsyncLifetime
{
    private static readonly TimeSpan ConditionTimeout = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(25);

    internal string Database { get; } = servers.PostgresConnectionString("registry");
    internal string Messaging { get; } = servers.RabbitMqUri;
    internal string Data { get; } = Directory.CreateTempSubdirectory("registry-tests-").FullName;
    internal RegistryHost Host { get; private set; } = null!;
    internal InstallerStub Installer { get; private set; } = null!;
    internal Peers Peers { get; private set; } = null!;
    internal EventListener Events { get; private set; } = null!;
    internal HttpClient Client { get; private set; } = null!;
    internal string NewDatabase() => servers.PostgresConnectionString("registry");

    /// <summary>Registry over another database, with queues of its own.</summary>
    internal RegistryHost Another(string database, params (string, string)[] settings) =>
        new(database, Messaging, Data, [("applicationName", $"Platform.Registry{Guid.CreateVersion7():N}"), .. settings]);

    public async ValueTask InitializeAsync()
    {
        Events = await EventListener.StartAsync(Messaging);
        Installer = await InstallerStub.StartAsync(Messaging);
        Peers = await Peers.StartAsync();
        Host = new(Database, Messaging, Data, [("Outbound:Allow:0", "127.0.0.1"), ("Versions:CheckPauseSeconds", "0.1"), .. Peers.Settings]);
        Client = Host.ClientWith("admin");
        await Until("Registry is healthy", async () => (await Client.GetAsync("/health")).IsSuccessStatusCode);
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        await Peers.DisposeAsync();
        await Installer.DisposeAsync();
        await Events.DisposeAsync();
        Directory.Delete(Data, recursive: true);
    }

    internal static async Task Until(string what, Func<Task<bool>> condition)
    {
        var end = DateTime.UtcNow + ConditionTimeout;
        while (!await condition())
        {
            Assert.True(DateTime.UtcNow < end, $"After {ConditionTimeout.TotalSeconds} s it is still not so: {what}.");
            await Task.Delay(LookEvery, TestContext.Current.CancellationToken);
        }
    }

    internal static string Manifest(string name, string command = "./run") =>
        JsonSerializer.Serialize(new { name, source = "Local", uri = "/srv/" + name, command });

    internal static string ManifestWithAutoMtls(string name) =>
        JsonSerializer.Serialize(new { name, source = "Local", uri = "/srv/" + name, command = "./run", auto_mtls = true });

    internal static HttpContent Content(string text) => new StringContent(text, Encoding.UTF8, "application/json");

    /// <summary>The body of an answer that must have this status.</summary>
    internal static async Task<JsonElement> Body(Task<HttpResponseMessage> request, int status)
    {
        using var answer = await request;
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True((int)answer.StatusCode == status, $"{(int)answer.StatusCode} instead of {status}: {text}");
        return text == "" ? default : JsonSerializer.Deserialize<JsonElement>(text);
    }

    internal Task<JsonElement> Get(string path, int status = 200) => Body(Client.GetAsync(path), status);

    internal Task<JsonElement> Post(string path, string json, int status) => Body(Client.PostAsync(path, Content(json)), status);

    internal Task<JsonElement> Delete(string path, int status = 204) => Body(Client.DeleteAsync(path), status);

    /// <summary>Of the current version; 0: the connector is not there.</summary>
    internal async Task<int> Current(string connector)
    {
        using var answer = await Client.GetAsync($"/v1/connectors/{connector}");
        return answer.IsSuccessStatusCode ? (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("version").GetInt32() : 0;
    }

    /// <summary>Number, state and * for the current one, the latest first.</summary>
    internal async Task<string[]> Versions(string connector) =>
    [
        .. (await Get($"/v1/connectors/{connector}/versions")).GetProperty("items").EnumerateArray().Select(v =>
            $"{v.GetProperty("version").GetInt32()} {v.GetProperty("state").GetString()}{(v.GetProperty("current").GetBoolean() ? "*" : "")}"),
    ];

    /// <summary>Asks for an install and lets Installer answer; returns the finished record.</summary>
    internal async Task<JsonElement> Install(string manifest, Func<Guid, InstallFinished> answer)
    {
        var id = (await Post("/v1/connectors", manifest, 202)).GetProperty("id").GetGuid();
        await Installer.CommandAsync(id, TestContext.Current.CancellationToken);
        await Installer.SendAsync(answer(id), TestContext.Current.CancellationToken);
        return await Finished(id);
    }

    internal async Task<JsonElement> Finished(Guid id)
    {
        JsonElement record = default;
        await Until($"install {id} is finished", async () =>
            (record = await Get($"/v1/installs/{id}")).GetProperty("state").GetString() is "succeeded" or "failed" or "cancelled");
        return record;
    }

    /// <summary>As <see cref="Install"/>, up to where its version is being checked.</summary>
    internal async Task<Guid> InstallUpToCheck(string manifest, char digest)
    {
        var id = (await Post("/v1/connectors", manifest, 202)).GetProperty("id").GetGuid();
        await Installer.CommandAsync(id, TestContext.Current.CancellationToken);
        await Installer.SendAsync(Success(id, digest), TestContext.Current.CancellationToken);
        await Until($"the version of install {id} is being checked", async () =>
            (await Get($"/v1/installs/{id}")).GetProperty("stage") is { ValueKind: JsonValueKind.String } stage && stage.GetString() == "checking");
        return id;
    }

    internal static InstallFinished Success(Guid id, char digest = 'a') => new(id, true, new string(digest, 64), 1234, "c0ffee", null);

    internal Task<HeardEvent> Heard(string routingKey, Guid id) => Heard(routingKey, id.ToString());

    internal async Task<HeardEvent> Heard(string routingKey, string text)
    {
        HeardEvent? found = null;
        await Until($"{routingKey} with {text} is heard", () => Task.FromResult(
            (found = Events.Heard.FirstOrDefault(e => e.RoutingKey == routingKey && e.Text.Contains(text))) is not null));
        return found!;
    }

    /// <summary>Every row of every table as text; bytea as hexadecimal digits.</summary>
    internal async Task<string> DumpAsync()
    {
        var text = new StringBuilder();
        await using var source = NpgsqlDataSource.Create(Database);
        var tables = new List<string>();
        await using (var list = source.CreateCommand("SELECT quote_ident(table_name) FROM information_schema.tables WHERE table_schema = 'public'"))
        await using (var reader = await list.ExecuteReaderAsync())
            while (await reader.ReadAsync()) tables.Add(reader.GetString(0));
        foreach (var table in tables)
        {
            await using var rows = source.CreateCommand($"SELECT t::text FROM {table} t");
            await using var reader = await rows.ExecuteReaderAsync();
            while (await reader.ReadAsync()) text.AppendLine(reader.GetString(0));
        }
        return text.ToString();
    }
}

/// <summary>One after the other: they share the host's queues.</summary>
[CollectionDefinition(nameof(ServiceRing))]
public sealed class ServiceRing : ICollectionFixture<RegistryFixture>;
