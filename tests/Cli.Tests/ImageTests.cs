using System.Text.Json;

namespace Platform.Cli.Tests;

public sealed class ImageTests
{
    private const string Id = "0199a1b2-0000-7000-8000-000000000002";
    private const string Path = $"/v1/images/builds/{Id}";
    private const string Queued = $$"""{"id":"{{Id}}","state":"queued","folder":"/a","dockerfile":"Dockerfile","name":"demo:1"}""";
    private const string Succeeded = $$"""{"id":"{{Id}}","state":"succeeded","folder":"/a","dockerfile":"Dockerfile","name":"demo:1","image":"sha256:abc"}""";
    private const string Failed = $$$"""{"id":"{{{Id}}}","state":"failed","name":"demo:1","error":{"code":"image_build_failed","message":"No such file.","command":"docker build","output_tail":"Step 1\n","remedy":"Mend it."}}""";

    [Fact]
    public async Task A_build_is_followed_to_its_end()
    {
        await using var stub = Stub(Succeeded);
        using var cli = new Cli(stub.Url);

        var answer = await cli.RunAsync("image", "build", "some/folder", "-t", "demo:1");

        Assert.Equal((0, "  Step 1\nBuilt demo:1, sha256:abc", ""), (answer.ExitCode, answer.Output, answer.Errors));
        Assert.Equal($$"""{"folder":"{{cli.Folder.FullName}}/some/folder","name":"demo:1"}""", stub.Requests.First().Body);
    }

    [Fact]
    public async Task A_build_that_fails_says_why()
    {
        await using var stub = Stub(Failed);

        var answer = await Cli.RunAsync(stub.Url, "image", "build", "/a", "--tag", "demo:1");

        Assert.Equal((1, "error image_build_failed: No such file.\n  command: docker build\n  output: Step 1\n  to do: Mend it."), (answer.ExitCode, answer.Errors));
    }

    [Theory]
    [InlineData(Succeeded, 0)]
    [InlineData(Failed, 1)]
    public async Task For_machines_it_is_the_record(string end, int exitCode)
    {
        await using var stub = Stub(end);

        var answer = await Cli.RunAsync(stub.Url, "image", "build", "/a", "-t", "demo:1", "--json");

        Assert.Equal((exitCode, Id), (answer.ExitCode, JsonDocument.Parse(answer.Output).RootElement.GetProperty("id").GetString()));
    }

    [Fact]
    public async Task Without_a_name_there_is_no_build() => Assert.Equal(2, (await Cli.RunAsync("http://127.0.0.1:1", "image", "build", "/a")).ExitCode);

    private static StubGateway Stub(string end) => StubGateway.StartAsync().GetAwaiter().GetResult()
        .On("POST /v1/images/builds", Queued, 202)
        .Events($"GET {Path}/log", ("line", """{"stream":"stdout","text":"Step 1"}"""), ("end", "{}"))
        .On($"GET {Path}", Queued)
        .On($"GET {Path}", end);
}
