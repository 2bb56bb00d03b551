using System.Text.RegularExpressions;

[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]

namespace Platform.Cli.Tests;

/// <summary>Remedies of the API name routes; the command line names its commands.</summary>
public sealed partial class RouteTests
{
    [Theory]
    [InlineData("GET /v1/runs lists the runs.", "'platform runs list' lists the runs.")]
    [InlineData("Wait for its end: GET /v1/runs/{id}/progress tells it.", "Wait for its end: 'platform runs log <id> --follow' tells it.")]
    [InlineData("List its versions with GET /v1/connectors/files.v2/versions.", "List its versions with 'platform connectors versions files.v2'.")]
    [InlineData("GET /v1/connections/docs/actions/largest has it", "'platform actions show docs largest' has it")]
    [InlineData("GET /v1/schedules?connection= shows its id.", "'platform schedules list --connection <connection>' shows its id.")]
    [InlineData("See GET /v1/installs/0199-ab, or POST /v1/installs/0199-ab/cancel.", "See 'platform installs show 0199-ab', or 'platform installs cancel 0199-ab'.")]
    [InlineData("Send the header Authorization: Bearer <token>; ./platform up prints the token and where it is kept.", "Log in (platform login) or set PLATFORM_TOKEN; ./platform up prints the token and where it is kept.")]
    [InlineData("Send exactly one header Authorization: Bearer <token>.", "Log in (platform login) or set PLATFORM_TOKEN.")]
    [InlineData("Use a method of the Allow header.", "Is this program as new as the platform? platform doctor says where commands go.")]
    [InlineData("Begin anew: from=beginning for all, from=now for those to come.", "Begin anew: --from beginning for all, --from now for those to come.")]
    [InlineData("GET /openapi.json lists the routes.", "GET /openapi.json lists the routes.")]
    [InlineData("GET /v1/connectors/a.b/nothing is not there.", "GET /v1/connectors/a.b/nothing is not there.")]
    public void A_route_in_a_remedy_becomes_the_command_that_does_the_same(string remedy, string shown) => Assert.Equal(shown, RoutesInWords.ToCommands(remedy));

    [Fact]
    public void Every_route_that_a_service_names_in_a_text_has_a_command()
    {
        var named = Directory.EnumerateFiles(Path.Combine(Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/Cli/", StringComparison.Ordinal))
            .SelectMany(File.ReadLines).Where(line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal))
            .SelectMany(line => Named().Matches(line)).Select(m => m.Value).ToHashSet();

        Assert.True(named.Count > 10, "The sources were not found.");
        Assert.DoesNotContain(named, route => RoutesInWords.ToCommands(route) == route);
    }

    [Fact]
    public void No_remedy_of_the_gateway_speaks_of_its_headers()
    {
        string[] files = [.. Directory.EnumerateFiles(Path.Combine(Root, "src", "Gateway"), "Errors.cs"), Path.Combine(Root, "ServiceDefaults", "Problems", "RequestProblems.cs")];
        var spoken = files.SelectMany(File.ReadLines).SelectMany(line => Sentence().Matches(line)).Select(m => m.Groups[1].Value).ToList();

        Assert.True(spoken.Count > 3, "The sources were not found.");
        Assert.All(spoken, sentence => Assert.DoesNotMatch(OfHttp(), RoutesInWords.ToCommands(sentence)));
    }

    [Fact]
    public async Task A_problem_is_told_with_the_command_and_in_json_as_it_came()
    {
        const string problem = """{"code":"unknown_run","status":404,"detail":"No run has the id 7.","remedy":"GET /v1/runs lists the runs."}""";
        await using var stub = (await StubGateway.StartAsync()).On("GET /v1/runs/7", problem, 404);

        Assert.Contains("  to do: 'platform runs list' lists the runs.", (await Cli.RunAsync(stub.Url, "runs", "show", "7")).Errors, StringComparison.Ordinal);
        Assert.Equal(problem, (await Cli.RunAsync(stub.Url, "runs", "show", "7", "--json")).Errors);
    }

    internal static string Root
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(folder!.FullName, "Platform.sln")))
                folder = folder.Parent;
            return folder.FullName;
        }
    }

    // What is to be done begins so.
    [GeneratedRegex(@"""((?:Send|Use|Look|Read|Give|Call) [^""]*)""")]
    private static partial Regex Sentence();

    [GeneratedRegex("[Hh]eader|Bearer|from=")]
    private static partial Regex OfHttp();

    // Within a string: names are given by interpolation or as {id}.
    [GeneratedRegex(@"(?<=""[^""]*)(GET|POST|PUT|PATCH|DELETE) /v1/[\w/{}?=-]*[\w}=]")]
    private static partial Regex Named();
}
