using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace Platform.Ndc.Tests.Tables;

/// <summary>How the sample connector starts, and how it says that it can't.</summary>
public sealed class StartTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("tables-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("bad_port", "HASURA_CONNECTOR_PORT", "http")]
    [InlineData("bad_port", "HASURA_CONNECTOR_PORT", "70000")]
    [InlineData("configuration_missing", "HASURA_CONFIGURATION_DIRECTORY", "/nowhere")]
    [InlineData("bad_telemetry_endpoint", "HASURA_OTLP_ENDPOINT", "collector")]
    public async Task A_wrong_setting_is_said_on_standard_error_and_ends_it(string code, string variable, string value)
    {
        await using var connector = TablesProcess.Start(["serve"], (variable, value));
        Assert.Equal((1, ""), (await connector.EndAsync(), connector.Output));
        Assert.StartsWith($"error {code}: ", connector.Errors);
    }

    [Theory]
    [InlineData("tables_file_invalid", "tables.json", "{", "a.csv", "x\n1\n")]
    [InlineData("tables_file_invalid", "tables.json", """{"tabels": {}}""", "a.csv", "x\n1\n")]
    [InlineData("unknown_type", "tables.json", """{"types": {"t": {"fields": {"x": {"type": "Imt"}}}}}""", "a.csv", "x\n1\n")]
    [InlineData("file_missing", "tables.json", """{"types": {"t": {"fields": {"x": {"type": "Int"}}}}, "tables": {"b": {"type": "t"}}}""", "a.csv", "x\n1\n")]
    [InlineData("column_missing", "tables.json", """{"types": {"t": {"fields": {"x": {"type": "Int"}, "y": {"type": "Int"}}}}, "tables": {"a": {"type": "t"}}}""", "a.csv", "x\n1\n")]
    [InlineData("bad_value", "tables.json", """{"types": {"t": {"fields": {"x": {"type": "Int"}}}}, "tables": {"a": {"type": "t"}}}""", "a.csv", "x\none\n")]
    [InlineData("bad_json", "tables.json", """{"types": {"t": {"fields": {"x": {"type": "[Int]"}}}}, "tables": {"a": {"type": "t"}}}""", "a.csv", "x\n[1\n")]
    [InlineData("key_twice", "tables.json", """{"types": {"t": {"fields": {"x": {"type": "Int"}}}}, "tables": {"a": {"type": "t", "keys": {"k": ["x"]}}}}""", "a.csv", "x\n1\n1\n")]
    [InlineData("unknown_table", "tables.json", """{"functions": {"f": {"table": "b", "latest_by": "x"}}}""", "a.csv", "x\n1\n")]
    [InlineData("csv_invalid", "b.csv", "x\n1\n", "a.csv", "x\n\"1\n")]
    [InlineData("configuration_empty", "a.txt", "", "b.txt", "")]
    public async Task A_wrong_configuration_is_said_on_standard_error_and_ends_it(string code, string name, string content, string other, string otherContent)
    {
        Write((name, content), (other, otherContent));
        await using var connector = TablesProcess.Start([], ("HASURA_CONFIGURATION_DIRECTORY", folder));
        Assert.Equal((1, ""), (await connector.EndAsync(), connector.Output));
        Assert.StartsWith($"error {code}: ", connector.Errors);
    }

    [Fact]
    public async Task All_that_is_wrong_is_said_at_once()
    {
        Write(("tables.json", """{"types": {"t": {"fields": {"x": {"type": "Int"}}}}, "tables": {"a": {"type": "t"}, "b": {"type": "t"}}}"""), ("a.csv", "x\none\ntwo\n"), ("b.csv", "y\n1\n"));
        await using var connector = TablesProcess.Start([], ("HASURA_CONFIGURATION_DIRECTORY", folder));
        Assert.Equal(1, await connector.EndAsync());
        Assert.Equal(4, connector.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_said_on_standard_error_and_ends_it()
    {
        using var taken = new TcpListener(IPAddress.Any, 0);
        taken.Start();
        await using var connector = TablesProcess.Start([], ("HASURA_CONNECTOR_PORT", $"{((IPEndPoint)taken.LocalEndpoint).Port}"));
        Assert.Equal(1, await connector.EndAsync());
        Assert.StartsWith("error port_taken: ", connector.Errors);
    }

    [Theory]
    [InlineData("server")]
    [InlineData("serve", "--port")]
    public async Task An_unknown_command_is_said_on_standard_error_and_ends_it(params string[] arguments)
    {
        await using var connector = TablesProcess.Start(arguments);
        Assert.Equal((2, ""), (await connector.EndAsync(), connector.Output));
        Assert.Contains("printSchemaAndCapabilities", connector.Errors);
    }

    [Fact]
    public async Task Schema_and_capabilities_are_printed_as_a_server_would_answer_them()
    {
        await using var printed = TablesProcess.Start(["printSchemaAndCapabilities"]);
        Assert.Equal((0, ""), (await printed.EndAsync(), printed.Errors));
        await using var server = await TablesProcess.ServeAsync();
        var both = JsonNode.Parse(printed.Output)!;
        foreach (var name in (string[])["schema", "capabilities"])
            Assert.True(JsonNode.DeepEquals(JsonNode.Parse(await server.Http.GetStringAsync($"/{name}", TestContext.Current.CancellationToken)), both[name]), name);
    }

    [Fact]
    public async Task Files_that_nobody_describes_are_tables_of_texts_and_the_reserved_folder_is_not_looked_into()
    {
        Write(("people.csv", "name,town\n\"Doe, \"\"J\"\"\",\r\nRoe,Here\n"), (".hasura/tables.json", "{"), (".hasura/people.csv", "\""));
        var files = Directory.GetFiles(folder, "*", SearchOption.AllDirectories).ToDictionary(f => f, File.GetLastWriteTimeUtc);
        await using (var connector = await TablesProcess.ServeAsync(("HASURA_CONFIGURATION_DIRECTORY", folder)))
        {
            var (_, answer) = await connector.QueryAsync("people", """{"fields": {"n": {"type": "column", "column": "name"}, "t": {"type": "column", "column": "town"}}}""");
            Assert.Equal("""[{"rows":[{"n":"Doe, \u0022J\u0022","t":null},{"n":"Roe","t":"Here"}]}]""", answer!.ToJsonString());
            connector.Signal("TERM");
            Assert.Equal(0, await connector.EndAsync());
        }

        Assert.Equal(files, Directory.GetFiles(folder, "*", SearchOption.AllDirectories).ToDictionary(f => f, File.GetLastWriteTimeUtc));
    }

    private void Write(params (string Name, string Content)[] files)
    {
        foreach (var (name, content) in files)
        {
            var path = Path.Combine(folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, content);
        }
    }
}
