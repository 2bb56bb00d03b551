using Microsoft.Extensions.Configuration;
using Npgsql;
using Platform.Gateway.Tokens;
using Platform.Servers;
using Platform.ServiceDefaults;

namespace Platform.Gateway.Tests;

public sealed class BootstrapTests(ServersFixture servers)
{
    [Fact]
    public void A_malformed_setting_fails_the_start_and_names_the_remedy_but_not_the_value()
    {
        var error = Assert.Throws<InvalidOperationException>(() => new BootstrapToken(Settings("cpt_notatoken")));

        Assert.Contains("./platform", error.Message, StringComparison.Ordinal);
        Assert.Contains(BootstrapToken.Key, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("cpt_notatoken", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_text_leaves_the_environment()
    {
        Environment.SetEnvironmentVariable("Gateway__BootstrapToken", "anything");

        Assert.NotNull(new BootstrapToken(Settings(TokenText.Create())).Hash);

        Assert.Null(Environment.GetEnvironmentVariable("Gateway__BootstrapToken"));
    }

    [Fact]
    public async Task A_new_bootstrap_token_takes_the_place_of_the_old_one_and_the_same_one_stays()
    {
        var cancel = TestContext.Current.CancellationToken;
        var database = servers.PostgresConnectionString("bootstrap");
        await Migrator.ApplyAsync(database, "gateway", Migrator.Read(typeof(BootstrapToken).Assembly), cancel);
        await using var source = NpgsqlDataSource.Create(database);
        var store = new TokenStore(source);
        var (first, second) = (TokenText.Hash(TokenText.Create()), TokenText.Hash(TokenText.Create()));

        await store.PutBootstrapAsync(first, cancel);
        await store.PutBootstrapAsync(first, cancel);
        Assert.Equal(first, Assert.Single(await store.LoadUsableAsync(cancel)).Hash);

        await store.PutBootstrapAsync(second, cancel);
        var usable = Assert.Single(await store.LoadUsableAsync(cancel));
        Assert.Equal(second, usable.Hash);
        Assert.Equal(["admin"], usable.Scopes);
    }

    [Fact]
    public async Task Without_the_database_requests_are_refused_with_503_rather_than_judged_by_old_news()
    {
        await using var nowhere = NpgsqlDataSource.Create("Host=127.0.0.1;Port=1;Username=x;Timeout=1");
        using var cache = new TokenCache(new TokenStore(nowhere), TimeProvider.System);

        var refusal = await Assert.ThrowsAsync<ProblemException>(async () => await cache.FindAsync(new byte[32], TestContext.Current.CancellationToken));

        Assert.Equal(("service_unavailable", 503), (refusal.Problem.Code, refusal.Problem.Status));
    }

    private static IConfiguration Settings(string token) =>
        new ConfigurationBuilder().AddInMemoryCollection([new(BootstrapToken.Key, token)]).Build();
}
