using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Platform.ServiceDefaults;

/// <summary>The secret that services show each other in <see cref="Header"/>; connectors on the same loopback never have it.</summary>
public sealed class InternalSecret(IConfiguration configuration)
{
    public const string Header = "X-Platform-Secret";
    internal const string Key = "Internal:Secret";
    internal const string EnvironmentVariable = "Internal__Secret";

    /// <exception cref="InvalidOperationException">The setting is missing.</exception>
    public string Value { get; } = configuration[Key] is { Length: > 0 } value
        ? value
        : throw new InvalidOperationException(
            $"The setting {Key} is missing. Give every service the same random value, as environment variable {EnvironmentVariable}; the AppHost generates one.");

    /// <summary>Takes the same time wherever the candidate differs.</summary>
    public bool Matches(string? candidate) =>
        candidate is not null && CryptographicOperations.FixedTimeEquals(
            SHA256.HashData(Encoding.UTF8.GetBytes(candidate)), SHA256.HashData(Encoding.UTF8.GetBytes(Value)));

    /// <summary>
    /// Child processes inherit the environment, so the variable goes; the configuration gets a copy of its own, since it reads the
    /// environment again whenever its sources change.
    /// </summary>
    internal static void TakeFromEnvironment(IConfigurationBuilder configuration)
    {
        if (Environment.GetEnvironmentVariable(EnvironmentVariable) is not { } value)
            return;
        configuration.AddInMemoryCollection([new(Key, value)]);
        Environment.SetEnvironmentVariable(EnvironmentVariable, null);
    }
}

/// <summary>Adds the internal secret to outgoing calls to other services of the platform. Never put it on a client that calls anything else.</summary>
public sealed class InternalSecretHandler(InternalSecret secret) : DelegatingHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.Remove(InternalSecret.Header);
        request.Headers.TryAddWithoutValidation(InternalSecret.Header, secret.Value);
        return base.SendAsync(request, cancellationToken);
    }
}

/// <summary>Fails the start, before anything listens, when the secret is missing.</summary>
internal sealed class InternalSecretCheck(InternalSecret secret) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        _ = secret.Value;
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
