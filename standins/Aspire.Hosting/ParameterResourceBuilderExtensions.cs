using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting;

public static class ParameterResourceBuilderExtensions
{
    public static IResourceBuilder<ParameterResource> AddParameter(this IDistributedApplicationBuilder builder, string name, bool secret = false) =>
        builder.AddResource(FromConfiguration(builder, name, secret));

    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, string name, ParameterDefault value, bool secret = false, bool persist = false)
    {
        if (persist)
            throw new NotSupportedException("This stand-in keeps no user secrets: only the passwords of servers with a data volume are kept.");
        var parameter = FromConfiguration(builder, name, secret);
        parameter.Default = value;
        return builder.AddResource(parameter);
    }

    public static IResourceBuilder<IResourceWithConnectionString> AddConnectionString(
        this IDistributedApplicationBuilder builder, string name, string? environmentVariableName = null) =>
        builder.AddResource(new ConfiguredConnectionString(name, builder.Configuration, environmentVariableName));

    /// <summary>A generated password that is not a resource of its own.</summary>
    internal static ParameterResource Password(IDistributedApplicationBuilder builder, string name, bool special)
    {
        var parameter = FromConfiguration(builder, name, secret: true);
        parameter.Default = new GenerateParameterDefault { MinLength = 32, Special = special };
        return parameter;
    }

    private static ParameterResource FromConfiguration(IDistributedApplicationBuilder builder, string name, bool secret) => new(name, given =>
        builder.Configuration[$"Parameters:{name}"]
        ?? builder.Configuration[$"Parameters:{name.Replace('-', '_')}"]
        ?? given?.GetDefaultValue()
        ?? throw new DistributedApplicationException($"The parameter '{name}' has no value: give it as --Parameters:{name}=… or in the environment variable Parameters__{name}."), secret);
}

internal sealed class ConfiguredConnectionString(string name, IConfiguration configuration, string? environmentVariable)
    : Resource(name), IResourceWithConnectionString, IResourceWithWaitSupport
{
    public string? ConnectionStringEnvironmentVariable => environmentVariable;

    public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Of(new DeferredValue(_ => ValueTask.FromResult(
        configuration.GetConnectionString(Name)
        ?? throw new DistributedApplicationException($"The connection string '{Name}' has no value: give it as --ConnectionStrings:{Name}=… or in the environment variable ConnectionStrings__{Name}."))!));
}
