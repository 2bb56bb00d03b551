using System.Net;
using Aspire.Hosting.Testing;
using Grpc.Core;
using Grpc.Net.Client;
using Platform.Ingest.V1;
using Platform.Installer.V1;
using Platform.Registry.V1;

namespace Platform.Tests;

public sealed class EdgeTests(PlatformFixture platform)
{
    [Theory]
    [InlineData("registry", "/v1/connectors")]
    [InlineData("installer", "/v1/installs/00000000-0000-0000-0000-000000000000/log")]
    [InlineData("runner", "/v1/runs")]
    [InlineData("ingest", "/v1/objects")]
    public async Task No_service_answers_http_without_the_internal_secret(string service, string path)
    {
        using var http = new HttpClient { BaseAddress = platform.App.GetEndpoint(service, "http") };

        using var refused = await http.GetAsync(path, TestContext.Current.CancellationToken);
        using var health = await http.GetAsync("/health", TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
    }

    [Fact]
    public async Task No_service_answers_grpc_without_the_internal_secret()
    {
        async Task AssertRefused(string service, Func<GrpcChannel, Task> call)
        {
            using var channel = GrpcChannel.ForAddress(platform.App.GetEndpoint(service, "grpc"));
            var refused = await Assert.ThrowsAsync<RpcException>(() => call(channel));
            Assert.Equal(StatusCode.Unauthenticated, refused.StatusCode);
        }

        await AssertRefused("registry", c => new Registry.V1.Registry.RegistryClient(c).ResolveConnectionAsync(new() { Name = "x" }).ResponseAsync);
        await AssertRefused("ingest", c => new Ingest.V1.Ingest.IngestClient(c).GetOutcomeAsync(new() { RunId = "x" }).ResponseAsync);
        await AssertRefused("installer", async c =>
        {
            using var download = new Bundles.BundlesClient(c).Download(new() { Digest = "x" });
            await download.ResponseStream.MoveNext(CancellationToken.None);
        });
    }

    [Theory]
    [InlineData("/health")]
    [InlineData("/alive")]
    [InlineData("/openapi.json")]
    [InlineData("/asyncapi.json")]
    public async Task The_gateways_open_pages_need_no_token(string path)
    {
        using var http = new HttpClient { BaseAddress = platform.GatewayUrl };

        using var response = await http.GetAsync(path, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task The_openapi_document_names_the_routes_of_every_service()
    {
        var document = await platform.Api.GetAsync("/openapi.json");

        var paths = document["paths"]!.AsObject().Select(p => p.Key).ToList();
        Assert.All(new[] { "/v1/connectors", "/v1/connections", "/v1/installs/{id}", "/v1/installs/{id}/log", "/v1/runs", "/v1/objects" }, path => Assert.Contains(path, paths));
    }

    [Fact]
    public async Task Postgres_and_rabbitmq_refuse_who_has_no_password()
    {
        var database = new Npgsql.NpgsqlConnectionStringBuilder(await platform.App.GetConnectionStringAsync("ingest-db", TestContext.Current.CancellationToken)) { Password = "wrong" };
        await using var connection = new Npgsql.NpgsqlConnection(database.ConnectionString);
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => connection.OpenAsync(TestContext.Current.CancellationToken));

        var broker = new UriBuilder((await platform.App.GetConnectionStringAsync("messaging", TestContext.Current.CancellationToken))!) { UserName = "guest", Password = "guest" };
        await Assert.ThrowsAsync<RabbitMQ.Client.Exceptions.BrokerUnreachableException>(() =>
            new RabbitMQ.Client.ConnectionFactory { Uri = broker.Uri }.CreateConnectionAsync(TestContext.Current.CancellationToken));
    }
}
