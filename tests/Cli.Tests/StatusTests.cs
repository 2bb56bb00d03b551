namespace Platform.Cli.Tests;

public sealed class StatusTests
{
    [Theory]
    [InlineData("healthy", "true", 0)]
    [InlineData("unreachable", "false", 1)]
    public async Task The_exit_code_says_whether_every_service_can_work(string state, string healthy, int exitCode)
    {
        var services = $$"""
            {"healthy":{{healthy}},"services":[{"service":"gateway","replica":0,"state":"healthy","message":null},{"service":"runner","replica":1,"state":"{{state}}","message":"gone"}]}
            """;
        await using var stub = (await StubGateway.StartAsync()).On("GET /v1/services", services);

        var answer = await Cli.RunAsync(stub.Url, "status");

        Assert.Equal(new Answer(exitCode, $"service\treplica\tstate\tmessage\ngateway\t0\thealthy\t\nrunner\t1\t{state}\tgone", ""), answer);
    }
}
