using System.Net;
using System.Text;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Platform.Registry.V1;

namespace Platform.ServiceDefaults.Tests;

public sealed class GrpcProblemTests : IAsyncLifetime
{
    private static readonly Problem Unknown = new(
        "unknown_connection", 404, "No such connection", "There is no connection häuser.", "Look at GET /v1/connections.",
        [new FieldError("name", "unknown", "None has this name.")]);

    private TestService callee = null!;
    private TestService caller = null!;

    private Registry.V1.Registry.RegistryClient Client => caller.Services.GetRequiredService<Registry.V1.Registry.RegistryClient>();

    public async ValueTask InitializeAsync()
    {
        callee = await TestService.StartAsync(
            app => app.MapGrpcService<FailingRegistry>(),
            builder =>
            {
                builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
                builder.AddGrpcServer();
            });
        caller = await TestService.StartAsync(
            app => app.MapGet("/connections/{name}", async (string name, Registry.V1.Registry.RegistryClient registry) =>
                (await registry.ResolveConnectionAsync(new ResolveConnectionRequest { Name = name })).Name),
            builder =>
            {
                builder.Configuration.AddInMemoryCollection([new("services:registry:grpc:0", callee.Address.ToString())]);
                builder.AddInternalGrpcClient<Registry.V1.Registry.RegistryClient>("registry");
            });
    }

    public async ValueTask DisposeAsync()
    {
        await caller.DisposeAsync();
        await callee.DisposeAsync();
    }

    [Fact]
    public async Task A_call_finds_the_service_and_shows_the_secret() =>
        Assert.Equal("known", (await Client.ResolveConnectionAsync(
            new ResolveConnectionRequest { Name = "known" }, cancellationToken: TestContext.Current.CancellationToken)).Name);

    [Fact]
    public async Task A_call_without_the_secret_is_refused()
    {
        using var http = new HttpClient { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var content = new ByteArrayContent([0, 0, 0, 0, 0]);
        content.Headers.TryAddWithoutValidation("Content-Type", "application/grpc");
        using var response = await http.PostAsync(
            new Uri(callee.Address, "/platform.registry.v1.Registry/ResolveConnection"), content, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Fact]
    public async Task A_problem_arrives_whole()
    {
        var error = await Assert.ThrowsAsync<RpcException>(async () => await Client.ResolveConnectionAsync(
            new ResolveConnectionRequest { Name = "unknown" }, cancellationToken: TestContext.Current.CancellationToken));

        Assert.Equal(StatusCode.NotFound, error.StatusCode);
        Assert.Equivalent(Unknown, ProblemException.FromRpc(error)?.Problem, strict: true);
    }

    [Fact]
    public async Task A_problem_passes_through_http_unchanged()
    {
        using var response = await caller.Client.GetAsync("/connections/unknown", TestContext.Current.CancellationToken);
        var body = await TestService.ProblemAsync(response);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal("unknown_connection", body.GetProperty("code").GetString());
        Assert.Equal(Unknown.Remedy, body.GetProperty("remedy").GetString());
        Assert.Equal(Unknown.Detail, body.GetProperty("detail").GetString());
        Assert.DoesNotContain(caller.Logs.Entries, e => e.Level >= LogLevel.Error);
    }

    [Fact]
    public async Task A_defect_is_logged_where_it_happens_and_tells_nothing()
    {
        using var response = await caller.Client.GetAsync("/connections/boom", TestContext.Current.CancellationToken);
        var body = await TestService.ProblemAsync(response);

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.DoesNotContain("hunter2", body.GetRawText(), StringComparison.Ordinal);
        Assert.Single(callee.Logs.Entries, e => e.Level == LogLevel.Error);
        Assert.DoesNotContain(caller.Logs.Entries, e => e.Level == LogLevel.Error);
    }

    [Fact]
    public async Task A_service_that_is_away_is_a_503()
    {
        await callee.DisposeAsync();
        using var response = await caller.Client.GetAsync("/connections/known", TestContext.Current.CancellationToken);

        Assert.Equal("service_unavailable", (await TestService.ProblemAsync(response)).GetProperty("code").GetString());
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
    }

    [Theory]
    [InlineData(400, StatusCode.InvalidArgument)]
    [InlineData(401, StatusCode.Unauthenticated)]
    [InlineData(403, StatusCode.PermissionDenied)]
    [InlineData(404, StatusCode.NotFound)]
    [InlineData(409, StatusCode.FailedPrecondition)]
    [InlineData(412, StatusCode.FailedPrecondition)]
    [InlineData(413, StatusCode.ResourceExhausted)]
    [InlineData(422, StatusCode.InvalidArgument)]
    [InlineData(429, StatusCode.ResourceExhausted)]
    [InlineData(500, StatusCode.Internal)]
    [InlineData(501, StatusCode.Unimplemented)]
    [InlineData(503, StatusCode.Unavailable)]
    [InlineData(504, StatusCode.DeadlineExceeded)]
    [InlineData(418, StatusCode.Internal)]
    public void Every_status_has_its_grpc_status_and_comes_back(int status, StatusCode expected)
    {
        var error = ProblemException.ToRpc(new Problem("some_code", status, "t", "d"), traceId: null);

        Assert.Equal(expected, error.StatusCode);
        Assert.Equal(status, ProblemException.FromRpc(error)?.Problem.Status);
    }

    [Fact]
    public void A_status_without_a_problem_is_none()
    {
        Assert.Null(ProblemException.FromRpc(new RpcException(new Status(StatusCode.NotFound, "x"))));
        Assert.Null(ProblemException.FromRpc(new RpcException(
            new Status(StatusCode.NotFound, "x"), new Metadata { { "problem-bin", Encoding.UTF8.GetBytes("no json") } })));
    }

    private sealed class FailingRegistry : Registry.V1.Registry.RegistryBase
    {
        public override Task<Connection> ResolveConnection(ResolveConnectionRequest request, ServerCallContext context) => request.Name switch
        {
            "known" => Task.FromResult(new Connection { Name = "known" }),
            "unknown" => throw new ProblemException(Unknown),
            _ => throw new InvalidOperationException("password=hunter2"),
        };
    }
}
