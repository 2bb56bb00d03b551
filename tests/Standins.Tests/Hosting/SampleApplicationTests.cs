using System.Diagnostics;
using System.Net.Http.Json;
using Aspire.Hosting.Testing;
using Npgsql;

namespace Platform.Standins.Tests.Hosting;

public sealed class SampleApplicationTests(SampleApplication sample) : IClassFixture<SampleApplication>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_project_starts_after_those_it_waits_for_are_healthy()
    {
        var web = Process.GetProcessById((await IdsAsync("web"))[0]).StartTime;
        var second = Process.GetProcessById((await IdsAsync("second"))[0]).StartTime;

        Assert.True(second > web, $"second started at {second:O}, web at {web:O}");
    }

    [Fact]
    public async Task The_database_that_a_project_refers_to_exists()
    {
        await using var source = NpgsqlDataSource.Create((await sample.App.GetConnectionStringAsync("sample-db", Cancel))!);
        await using var command = source.CreateCommand("SELECT current_database()");
        Assert.Equal("sample-db", await command.ExecuteScalarAsync(Cancel));
    }

    [Fact]
    public async Task A_project_with_Kestrel_endpoints_gets_each_address_as_a_setting_and_no_urls()
    {
        var environment = await EnvironmentAsync("web");

        Assert.Equal(Address("web", "http"), environment["Kestrel__Endpoints__http__Url"]);
        Assert.Equal(Address("web", "grpc"), environment["Kestrel__Endpoints__grpc__Url"]);
        Assert.DoesNotContain("ASPNETCORE_URLS", environment.Keys);
        Assert.NotEqual(Address("web", "http"), Address("second", "http"));
    }

    [Fact]
    public async Task A_project_gets_its_launch_profile_and_its_telemetry_name()
    {
        var environment = await EnvironmentAsync("web");

        Assert.Equal("Development", environment["ASPNETCORE_ENVIRONMENT"]);
        Assert.Equal("profile", environment["FROM_PROFILE"]);
        Assert.Equal("SampleWeb", environment["DOTNET_LAUNCH_PROFILE"]);
        Assert.Equal("web", environment["OTEL_SERVICE_NAME"]);
        Assert.StartsWith("service.instance.id=", environment["OTEL_RESOURCE_ATTRIBUTES"]);
        Assert.StartsWith("/tmp/cp-", environment["TMPDIR"]);
    }

    [Fact]
    public async Task A_reference_to_a_database_or_broker_gives_the_connection_string_and_its_parts()
    {
        var environment = await EnvironmentAsync("web");
        var database = new NpgsqlConnectionStringBuilder(environment["ConnectionStrings__sample-db"]);

        Assert.Equal("sample-db", database.Database);
        Assert.Equal(database.Host, environment["SAMPLE_DB_HOST"]);
        Assert.Equal(database.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), environment["SAMPLE_DB_PORT"]);
        Assert.Equal(database.Username, environment["SAMPLE_DB_USERNAME"]);
        Assert.Equal(database.Password, environment["SAMPLE_DB_PASSWORD"]);
        Assert.Equal("sample-db", environment["SAMPLE_DB_DATABASENAME"]);
        Assert.StartsWith("postgresql://", environment["SAMPLE_DB_URI"]);
        Assert.StartsWith("jdbc:postgresql://", environment["SAMPLE_DB_JDBCCONNECTIONSTRING"]);
        Assert.StartsWith("amqp://", environment["ConnectionStrings__messaging"]);
        Assert.Equal(environment["ConnectionStrings__messaging"], environment["MESSAGING_URI"]);
        Assert.Equal(await sample.App.GetConnectionStringAsync("messaging", Cancel), environment["ConnectionStrings__messaging"]);
    }

    [Fact]
    public async Task A_reference_to_a_project_gives_the_addresses_that_it_has_now_although_it_was_made_before_there_were_any()
    {
        var environment = await EnvironmentAsync("second");

        Assert.Equal(Address("web", "http"), environment["services__web__http__0"]);
        Assert.Equal(Address("web", "grpc"), environment["services__web__grpc__0"]);
        Assert.Equal(Address("web", "http"), environment["WEB_HTTP"]);
        Assert.Equal(Address("web", "grpc"), environment["WEB_GRPC"]);
    }

    [Fact]
    public async Task Parameters_go_to_whom_the_model_gives_them_only()
    {
        var web = await EnvironmentAsync("web");
        var second = await EnvironmentAsync("second");

        Assert.Equal("hush", web["SAMPLE_GIVEN"]);
        Assert.True(web["SAMPLE_SECRET"].Length >= 40);
        Assert.DoesNotContain(second.Values, value => value.Contains("hush", StringComparison.Ordinal) || value.Contains(web["SAMPLE_SECRET"], StringComparison.Ordinal));
        Assert.DoesNotContain(second.Keys, key => key.StartsWith("ConnectionStrings__", StringComparison.Ordinal));
    }

    private string Address(string resource, string endpoint) => sample.App.GetEndpoint(resource, endpoint).ToString().TrimEnd('/');

    private async Task<Dictionary<string, string>> EnvironmentAsync(string resource)
    {
        using var client = sample.App.CreateHttpClient(resource);
        return (await client.GetFromJsonAsync<Dictionary<string, string>>("/environment", Cancel))!;
    }

    private async Task<int[]> IdsAsync(string resource)
    {
        using var client = sample.App.CreateHttpClient(resource);
        return (await client.GetFromJsonAsync<int[]>("/ids", Cancel))!;
    }
}
