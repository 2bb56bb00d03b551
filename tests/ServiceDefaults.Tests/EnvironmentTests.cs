using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;

namespace Platform.ServiceDefaults.Tests;

/// <summary>The environment belongs to the whole process: alone.</summary>
[CollectionDefinition("environment", DisableParallelization = true)]
public sealed class EnvironmentCollection;

[Collection("environment")]
public sealed class EnvironmentTests
{
    [Fact]
    public void The_secret_leaves_the_environment_and_stays_in_the_configuration()
    {
        Environment.SetEnvironmentVariable("Internal__Secret", "from-environment");
        var builder = WebApplication.CreateBuilder();
        builder.AddServiceDefaults();
        ((IConfigurationRoot)builder.Configuration).Reload();

        Assert.Null(Environment.GetEnvironmentVariable("Internal__Secret"));
        Assert.Equal("from-environment", builder.Configuration["Internal:Secret"]);
    }
}
