using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Platform.Cli.Tests;

public sealed class ExportTests
{
    private static readonly TimeSpan GoneWithin = TimeSpan.FromSeconds(30);
    private const string Lines = "{\"remote_id\":\"ä\"}\n{\"remote_id\":\"\\u0001\\u007f\"}\n";

    [Fact]
    public async Task Standard_output_is_the_exports_bytes_and_how_much_they_were_is_told_beside()
    {
        await using var stub = (await StubGateway.StartAsync()).On("GET /v1/objects/export?connection=docs", Bytes(Lines));

        var answer = await Cli.RunAsync(stub.Url, "objects", "export", "--connection", "docs");

        Assert.Equal((0, Lines.TrimEnd('\n')), (answer.ExitCode, answer.Output));
        Assert.Matches(@"^2 objects, 0\.0 MB in \d+\.\d s$", answer.Errors);
    }

    [Fact]
    public async Task Every_filter_reaches_the_API_under_its_own_name()
    {
        const string query = "?connection=d&connector=f&stream=&remote_id=r%2F1&prefix=p%25&text=t%20x&path=%24.a%20%3E%201&since=7&deleted=any";
        await using var stub = (await StubGateway.StartAsync())
            .On("GET /v1/objects/export" + query + "&format=csv", Bytes("a\n"))
            .On("GET /v1/objects" + query + "&limit=3", """{"items":[],"next":null}""");
        string[] filters =
        [
            "--connection", "d", "--connector", "f", "--stream", "", "--remote-id", "r/1", "--prefix", "p%", "--text", "t x", "--path", "$.a > 1", "--since", "7", "--deleted", "any",
        ];

        Assert.Equal(0, (await Cli.RunAsync(stub.Url, ["objects", "export", .. filters, "--format", "csv"])).ExitCode);
        Assert.Equal(0, (await Cli.RunAsync(stub.Url, ["objects", "list", .. filters, "--limit", "3"])).ExitCode);
    }

    [Fact]
    public async Task A_file_gets_the_bytes_and_records_of_CSV_are_counted_not_lines()
    {
        const string csv = "remote_id,metadata\n\"a\nb\",\"x \"\"y\"\"\n\"\nc,\n";
        await using var stub = (await StubGateway.StartAsync()).On("GET /v1/objects/export?connection=docs&format=csv", Bytes(csv));
        using var cli = new Cli(stub.Url);

        var answer = await cli.RunAsync("objects", "export", "--connection", "docs", "--format", "csv", "--output", "out.csv", "--json");

        Assert.Equal((0, ""), (answer.ExitCode, answer.Errors));
        Assert.Equal(csv, await File.ReadAllTextAsync(Path.Combine(cli.Folder.FullName, "out.csv"), TestContext.Current.CancellationToken));
        var told = JsonDocument.Parse(answer.Output).RootElement;
        Assert.Equal(("docs", 2, csv.Length), (told.GetProperty("connection").GetString(), told.GetProperty("objects").GetInt64(), told.GetProperty("bytes").GetInt64()));
        Assert.EndsWith("/out.csv", told.GetProperty("file").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_export_that_breaks_off_is_not_taken_for_a_whole_one()
    {
        await using var stub = await StubGateway.StartAsync();
        using var cli = new Cli(stub.Url);
        var file = new FileInfo(Path.Combine(cli.Folder.FullName, "out.ndjson"));
        stub.On("GET /v1/objects/export?connection=docs", async context =>
        {
            await Bytes(Lines)(context);
            // What breaks before it has arrived may never arrive.
            for (file.Refresh(); !file.Exists || file.Length == 0; file.Refresh()) await Task.Delay(10, context.RequestAborted);
            context.Abort();
        });

        var answer = await cli.RunAsync("objects", "export", "--connection", "docs", "--output", "out.ndjson");

        Assert.Equal((1, ""), (answer.ExitCode, answer.Output));
        Assert.Contains("error export_broken_off: ", answer.Errors, StringComparison.Ordinal);
        Assert.Contains("out.ndjson is incomplete", answer.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Standard_output_that_is_a_file_is_written_behind_what_is_there()
    {
        await using var stub = (await StubGateway.StartAsync()).On("GET /v1/objects/export?connection=docs", Bytes(Lines));
        using var cli = new Cli(stub.Url);

        await cli.RunInShellAsync("(echo before; \"$@\"; echo behind) > out", "objects", "export", "--connection", "docs");

        Assert.Equal($"before\n{Lines}behind\n", await File.ReadAllTextAsync(Path.Combine(cli.Folder.FullName, "out"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_problem_leaves_the_file_alone()
    {
        await using var stub = (await StubGateway.StartAsync()).On("GET /v1/objects/export?connection=docs", """{"code":"too_many_exports","status":429,"detail":"There are 2 exports already."}""", 429);
        using var cli = new Cli(stub.Url);
        var file = cli.Write("kept.ndjson", "the last one");

        var answer = await cli.RunAsync("objects", "export", "--connection", "docs", "--output", file);

        Assert.Equal(3, answer.ExitCode);
        Assert.Contains("error too_many_exports: There are 2 exports already.", answer.Errors, StringComparison.Ordinal);
        Assert.Equal("the last one", await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_reader_that_has_enough_ends_the_export()
    {
        var gone = new TaskCompletionSource();
        await using var stub = (await StubGateway.StartAsync()).On("GET /v1/objects/export?connection=docs", async context =>
        {
            try
            {
                while (true) await Bytes(string.Concat(Enumerable.Repeat(Lines, 1000)))(context);
            }
            catch (OperationCanceledException)
            {
                gone.SetResult();
            }
        });
        using var cli = new Cli(stub.Url);

        var answer = await cli.RunInShellAsync("set -o pipefail; \"$@\" | head -n 1", "objects", "export", "--connection", "docs");

        // As of a program that the signal of a closed pipe has ended.
        Assert.Equal(new Answer(141, "{\"remote_id\":\"ä\"}", ""), answer);
        await gone.Task.WaitAsync(GoneWithin, TestContext.Current.CancellationToken);
    }

    private static Func<HttpContext, Task> Bytes(string text) => async context =>
    {
        await context.Response.WriteAsync(text, context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
    };
}
