using System.Text.Json;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Platform.Connectors.GoPlugin;
using Platform.Connectors.Specifications;
using V1 = Platform.Connector.V1;

namespace Platform.Connectors.Tests;

/// <summary>The connector of docs/connectors.md, which is compiled here, and what the SDK makes of it.</summary>
public sealed class ExampleTests
{
    [Fact]
    public void The_page_for_authors_shows_what_is_compiled_here()
    {
        var page = File.ReadAllText(Path.Combine(Root, "docs", "connectors.md"));
        var compiled = File.ReadAllText(Path.Combine(Root, "tests", "Connectors.Tests", "NumbersConnector.cs"));

        Assert.Contains($"```csharp\n{compiled.Trim()}\n```", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Its_specification_is_read_from_its_class_and_its_options()
    {
        var said = SpecificationOf.Read(typeof(NumbersConnector), typeof(NumbersOptions));

        Assert.Equal(("numbers", "1.0", "The whole numbers from 1 on"), (said.Name, said.Version, said.Summary));
        var upTo = said.Parameters[0];
        Assert.Equal(("up_to", V1.ParameterType.Int, "Count up to this number.", ""), (upTo.Name, upTo.Type, upTo.Description, upTo.Default));
        Assert.Equal([(V1.ValidationType.Required, ""), (V1.ValidationType.GreaterThan, "0"), (V1.ValidationType.LessThan, "1000001")], upTo.Validations.Select(v => (v.Type, v.Value)));
        Assert.Equal(("token", V1.ParameterType.String, true, 0), (said.Parameters[1].Name, said.Parameters[1].Type, said.Parameters[1].Secret, said.Parameters[1].Validations.Count));
        Assert.Equal(("numbers", true), (said.Streams.Single().Name, said.Streams.Single().Incremental));
        var add = said.Actions.Single();
        Assert.Equal(("add", "Adds numbers up.", false), (add.Name, add.Description, add.Mutates));
        Assert.Equal((V1.ParameterType.List, V1.ParameterType.Int), (add.Parameters.Single().Type, add.Parameters.Single().Elements.Type));
        Assert.Equal((V1.ParameterType.Object, "total"), (add.Result.Type, add.Result.Properties.Single().Name));
    }

    [Fact]
    public async Task It_counts_in_full_at_first_and_goes_on_from_its_state()
    {
        Assert.Equal(
            ["begin numbers Full", "page 500", """state {"last":500}""", "progress 0.83", "page 100", """state {"last":600}""", "progress 1", "end numbers"],
            await SyncAsync(new NumbersConnector(), new NumbersOptions(600), []));
        Assert.Equal(
            ["begin numbers Incremental", "page 1", """state {"last":601}""", "progress 1", "end numbers"],
            await SyncAsync(new NumbersConnector(), new NumbersOptions(601), new() { ["numbers"] = """{"last":600}"""u8.ToArray() }));
        Assert.Equal(
            ["begin numbers Continued", "page 1", """state {"last":601}""", "progress 1", "end numbers"],
            await SyncAsync(new NumbersConnector(), new NumbersOptions(601), new() { ["numbers"] = """{"last":600}"""u8.ToArray() }, "numbers"));
        var refused = await Assert.ThrowsAsync<FormatException>(() => SyncAsync(new NumbersConnector(), new NumbersOptions(601), new() { ["numbers"] = "edited"u8.ToArray() }));
        Assert.Contains("stream \"numbers\"", refused.Message, StringComparison.Ordinal);
    }

    private static string Root
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(folder!.FullName, "Platform.sln")))
                folder = folder.Parent;
            return folder.FullName;
        }
    }

    internal static async Task<List<string>> SyncAsync<TOptions>(Connector<TOptions> connector, TOptions options, Dictionary<string, byte[]> states, params string[] continuable)
    {
        var host = new Heard();
        var answer = new SyncAnswer(host, CancellationToken.None);
        await foreach (var message in connector.SyncAsync(options, new SyncContext(NullLogger.Instance) { States = states, Continuable = continuable }, CancellationToken.None))
            await answer.SendAsync(message);
        await answer.EndAsync();
        return host.Messages;
    }

    private sealed class Heard : IServerStreamWriter<V1.SyncMessage>
    {
        public List<string> Messages { get; } = [];

        public WriteOptions? WriteOptions { get; set; }

        public Task WriteAsync(V1.SyncMessage message)
        {
            Messages.Add(message.BodyCase switch
            {
                V1.SyncMessage.BodyOneofCase.StreamBegin => $"begin {message.StreamBegin.Stream} {message.StreamBegin.Mode}",
                V1.SyncMessage.BodyOneofCase.StreamEnd => $"end {message.StreamEnd.Stream}",
                V1.SyncMessage.BodyOneofCase.Page => $"page {message.Page.Upserts?.Objects.Count}{(message.Page.Deletes is { } gone ? $"-{gone.Objects.Count}" : "")}",
                V1.SyncMessage.BodyOneofCase.State => $"state {message.State.State.ToStringUtf8()}",
                V1.SyncMessage.BodyOneofCase.Progress => $"progress {message.Progress.Fraction:0.##}",
                _ => message.BodyCase.ToString(),
            });
            return Task.CompletedTask;
        }
    }
}
