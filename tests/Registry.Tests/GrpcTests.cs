using Grpc.Core;
using Grpc.Net.Client;
using Npgsql;
using Platform.Registry.V1;
using Platform.ServiceDefaults;
using static Platform.Registry.Tests.RegistryFixture;
using Client = Platform.Registry.V1.Registry.RegistryClient;

namespace Platform.Registry.Tests;

[Collection(nameof(ServiceRing))]
public sealed class GrpcTests : IDisposable
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(15);

    private readonly RegistryFixture registry;
    private readonly GrpcChannel channel;
    private readonly Client client;
    private readonly Metadata secret = new() { { InternalSecret.Header, RegistryHost.Secret } };

    public GrpcTests(RegistryFixture registry)
    {
        this.registry = registry;
        channel = GrpcChannel.ForAddress(registry.Host.GrpcAddress);
        client = new(channel);
    }

    private static DateTime Deadline => DateTime.UtcNow + CallTimeout;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_connection_resolves_by_name_and_by_id()
    {
        var id = await Connect("grpc-a", "{}");
        var byName = await client.ResolveConnectionAsync(new() { Name = "grpc-a" }, secret, Deadline, Cancel);
        var byId = await client.ResolveConnectionAsync(new() { Id = id }, secret, Deadline, Cancel);
        Assert.Equal((id, "grpc-a", "grpc-a"), (byName.Id, byName.Name, byName.Connector));
        Assert.Equal(byName, byId);
    }

    [Fact]
    public async Task A_run_gets_the_current_version_and_the_options_as_they_were_given()
    {
        var id = await Connect("grpc-b", """{"token": "grpc-secret-options"}""");
        await registry.Install(Manifest("grpc-b", "./newer"), install => Success(install, 'e'));
        var run = await client.PrepareRunAsync(new() { ConnectionId = id, RunId = "run-1" }, secret, Deadline, Cancel);
        Assert.Equal(run, await client.PrepareRunAsync(new() { ConnectionName = run.Connection.Name, RunId = "run-1" }, secret, Deadline, Cancel));

        Assert.Equal((id, "grpc-b"), (run.Connection.Id, run.Connection.Name));
        Assert.Equal((2, new string('e', 64), "c1", "./newer"), (run.Version, run.Start.Digest, run.Start.Protocol, run.Start.Command));
        Assert.Equal("""{"token": "grpc-secret-options"}""", run.Options.ToStringUtf8());
        Assert.Contains(registry.Host.Logs, line => line.Contains("run-1"));
        Assert.All(registry.Host.Logs, line => Assert.DoesNotContain("grpc-secret-options", line));
    }

    [Fact]
    public async Task A_run_is_told_whether_the_manifest_asks_for_auto_mtls_and_the_manifest_can_change_its_mind()
    {
        var id = await Connect("grpc-tls", "{}");
        var before = await client.PrepareRunAsync(new() { ConnectionId = id }, secret, Deadline, Cancel);

        // The same bundle: another manifest alone makes a version.
        await registry.Install(ManifestWithAutoMtls("grpc-tls"), install => Success(install));
        var after = await client.PrepareRunAsync(new() { ConnectionId = id }, secret, Deadline, Cancel);

        Assert.Equal((false, 1), (before.Start.AutoMtls, before.Version));
        Assert.Equal((true, 2), (after.Start.AutoMtls, after.Version));
        Assert.Equal(before.Start.Digest, after.Start.Digest);
    }

    [Fact]
    public async Task A_run_is_told_the_settings_of_its_connection()
    {
        await registry.Install(Manifest("grpc-s"), install => Success(install));
        var plain = await registry.Post("/v1/connections", """{"name": "grpc-s-plain", "connector": "grpc-s"}""", 201);
        var set = await registry.Post(
            "/v1/connections", """{"name": "grpc-s-set", "connector": "grpc-s", "full_listing": true, "max_delete_fraction": 0, "changed_events": true}""", 201);

        var first = await client.PrepareRunAsync(new() { ConnectionId = plain.GetProperty("id").GetString() }, secret, Deadline, Cancel);
        var second = await client.PrepareRunAsync(new() { ConnectionId = set.GetProperty("id").GetString() }, secret, Deadline, Cancel);

        Assert.Equal((false, false, false), (first.FullListing, first.HasMaxDeleteFraction, first.ChangedEvents));
        Assert.Equal((true, true, 0.0, true), (second.FullListing, second.HasMaxDeleteFraction, second.MaxDeleteFraction, second.ChangedEvents));
    }

    [Theory]
    [InlineData("nobody")]
    [InlineData("00000000-0000-0000-0000-000000000000")]
    [InlineData("a\0b")]
    public async Task An_unknown_connection_is_not_found(string asked)
    {
        foreach (var call in new Func<Task>[]
        {
            async () => await client.ResolveConnectionAsync(new() { Name = asked }, secret, Deadline, Cancel),
            async () => await client.ResolveConnectionAsync(new() { Id = asked }, secret, Deadline, Cancel),
            async () => await client.PrepareRunAsync(new() { ConnectionId = asked }, secret, Deadline, Cancel),
            async () => await client.PrepareRunAsync(new() { ConnectionName = asked }, secret, Deadline, Cancel),
        })
        {
            var refusal = await Assert.ThrowsAsync<RpcException>(call);
            Assert.Equal(StatusCode.NotFound, refusal.StatusCode);
            Assert.Equal("unknown_connection", ProblemException.FromRpc(refusal)?.Problem.Code);
        }
    }

    [Fact]
    public async Task Options_that_no_longer_open_are_a_problem_and_not_a_crash()
    {
        var id = await Connect("grpc-c", "\"x\"");
        await using var source = NpgsqlDataSource.Create(registry.Database);
        await using var spoil = source.CreateCommand(
            $"UPDATE connections SET options_ciphertext = set_byte(options_ciphertext, 40, get_byte(options_ciphertext, 40) # 1) WHERE id = '{id}'");
        await spoil.ExecuteNonQueryAsync(Cancel);
        var refusal = await Assert.ThrowsAsync<RpcException>(async () => await client.PrepareRunAsync(new() { ConnectionId = id }, secret, Deadline, Cancel));
        Assert.Equal("options_unreadable", ProblemException.FromRpc(refusal)?.Problem.Code);
    }

    [Fact]
    public async Task Nobody_is_answered_without_the_internal_secret()
    {
        var refusal = await Assert.ThrowsAsync<RpcException>(async () => await client.ResolveConnectionAsync(new() { Name = "x" }, deadline: Deadline, cancellationToken: Cancel));
        Assert.NotEqual(StatusCode.NotFound, refusal.StatusCode);
    }

    public void Dispose() => channel.Dispose();

    private async Task<string> Connect(string name, string options)
    {
        await registry.Install(Manifest(name), id => Success(id));
        var created = await registry.Post("/v1/connections", ConnectionTests.Connection(name, name, options), 201);
        return created.GetProperty("id").GetString()!;
    }
}
