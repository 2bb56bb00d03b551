using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;
using Npgsql;
using Platform.Contracts;
using Platform.Gateway.AsyncApi;
using Platform.Servers;
using Platform.ServiceDefaults;

namespace Platform.Gateway.Tests.Events;

public sealed class AsyncApiTests(ServersFixture servers)
{
    [Fact]
    public async Task It_is_served_without_a_token_and_is_what_the_docs_have()
    {
        await using var gateway = await GatewayReplica.StartAsync(servers.PostgresConnectionString("asyncapi"));
        gateway.Client.DefaultRequestHeaders.Authorization = null;

        var served = await gateway.Client.GetStringAsync("/asyncapi.json", TestContext.Current.CancellationToken);

        var file = Path.Combine(Root(), "docs", "asyncapi.json");
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1") await File.WriteAllTextAsync(file, served, TestContext.Current.CancellationToken);
        Assert.True(File.Exists(file) && served == await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken), "docs/asyncapi.json is old: run this test with UPDATE_DOCS=1.");
    }

    [Fact]
    public void Every_type_has_its_channel_message_schema_and_example()
    {
        Assert.Equal(EventTypes.All.Order(), EventCatalog.All.Select(entry => entry.Type).Order());
        Assert.Equal(
            typeof(EventTypes).GetFields().Where(field => field.IsLiteral).Select(field => (string)field.GetRawConstantValue()!).Order(), EventTypes.All.Order());
        var document = JsonNode.Parse(AsyncApiDocument.Json)!;
        foreach (var type in EventTypes.All)
        {
            Assert.Equal(type + ".{connector}", (string?)document["channels"]![type]!["address"]);
            var example = document["components"]!["messages"]![type]!["examples"]![0]!;
            Assert.True(IsValid(document["components"]!["schemas"]![type]!, example["payload"]!), type);
            Assert.True(IsValid(document["components"]!["schemas"]!["cloudEventHeaders"]!, example["headers"]!), type);
        }

        foreach (var reference in References(document)) Assert.NotNull(Find(document, reference));
    }

    [Fact]
    public async Task Messages_of_the_outbox_are_as_the_schemas_say_and_nothing_is_in_them_that_the_schemas_lack()
    {
        var cancel = TestContext.Current.CancellationToken;
        var database = servers.PostgresConnectionString("outbox");
        await Migrator.ApplyAsync(database, "outbox", Migrator.Read(typeof(Outbox).Assembly), cancel);
        await using var source = NpgsqlDataSource.Create(database);
        await using (var connection = await source.OpenConnectionAsync(cancel))
        {
            await using var transaction = await connection.BeginTransactionAsync(cancel);
            await Outbox.AppendAsync(transaction, [.. EventCatalog.All.Select(entry => new OutboxEvent(Guid.CreateVersion7(), entry.Type, "files", entry.Source, entry.Example))], cancel);
            await transaction.CommitAsync(cancel);
        }

        var schemas = JsonNode.Parse(AsyncApiDocument.Json)!["components"]!["schemas"]!;
        await using var command = source.CreateCommand("SELECT type, body::text FROM outbox ORDER BY seq");
        await using var row = await command.ExecuteReaderAsync(cancel);
        var count = 0;
        for (; await row.ReadAsync(cancel); count++)
        {
            var (schema, message) = (schemas[row.GetString(0)]!, JsonNode.Parse(row.GetString(1))!);
            Assert.True(IsValid(schema, message), row.GetString(1));
            Assert.Equal(schema["properties"]!.AsObject().Select(p => p.Key).Order(), message.AsObject().Select(p => p.Key).Order());
            message.AsObject().Remove("connector");
            Assert.False(IsValid(schema, message), "A message without a member that is required passes.");
        }

        Assert.Equal(EventTypes.All.Count, count);
    }

    private static bool IsValid(JsonNode schema, JsonNode value) =>
        JsonSchema.FromText(schema.ToJsonString()).Evaluate(JsonElement.Parse(value.ToJsonString())).IsValid;

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        // Those of schemas are relative to the schema.
        JsonObject found when found["$ref"] is JsonValue reference && ((string)reference!).StartsWith("#/c", StringComparison.Ordinal) => [(string)reference!],
        JsonObject found => found.SelectMany(member => References(member.Value)),
        JsonArray array => array.SelectMany(References),
        _ => [],
    };

    private static JsonNode? Find(JsonNode document, string reference) => reference.Split('/').Skip(1).Aggregate((JsonNode?)document, (node, part) => node?[part]);

    internal static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Platform.sln"))) folder = folder.Parent;
        return folder.FullName;
    }
}
