using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Platform.Registry.V1;
using Platform.Runner.Bundles;
using Platform.Runner.Drivers;
using Platform.Runner.Processes;
using Platform.ServiceDefaults;

namespace Platform.Runner.Invocations;

/// <summary>
/// What a connection's connector can be asked to do. Mostly the version says it; a connector that does not start without its options is asked with them, once
/// for each version and options.
/// </summary>
internal sealed class SpecifyConnection(BundleCache bundles, ConnectorDrivers drivers, IOptions<ConnectorSettings> settings, ILogger<SpecifyConnection> logger)
{
    private const int MaxKept = 64;
    private readonly ConcurrentDictionary<string, ConnectorSpecification> kept = new(StringComparer.Ordinal);

    /// <returns>Null: the connector says nothing of itself.</returns>
    /// <exception cref="ProblemException">It would have to be started, and can't be.</exception>
    public async Task<ConnectorSpecification?> RunAsync(RunSpecification prepared, CancellationToken cancel)
    {
        var said = ListActions.Read(prepared);
        if (said is not { Streams.Count: 0, Actions.Count: 0 })
            return said;
        var (options, errors) = ParameterRules.Apply(said.Parameters, Encoding.UTF8.GetString(prepared.Options.Span));
        // Whoever uses the options says what is wrong with them.
        if (errors.Count > 0)
            return said;
        var key = $"{prepared.Start.Digest} {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(options)))}";
        if (kept.TryGetValue(key, out var known))
            return known;
        var asked = await AskAsync(prepared, OptionMask.Of(said, options), options, cancel) ?? said;
        if (kept.Count >= MaxKept)
            kept.Clear();
        return kept[key] = asked;
    }

    private async Task<ConnectorSpecification?> AskAsync(RunSpecification prepared, OptionMask mask, string options, CancellationToken cancel)
    {
        var (start, connector) = (prepared.Start, prepared.Connection.Connector);
        try
        {
            using var bundle = await bundles.GetAsync(start.Digest, cancel);
            var output = new ConnectorOutput(logger, null, connector, mask);
            var launch = ConnectorLaunch.Of(connector, start, bundle.Files, LaunchLimits.Of(settings.Value, start.Limits), output, prepared.Connection.Id);
            return await drivers.For(start.Protocol).SpecifyAsync(launch, options, cancel);
        }
        catch (RunFaultException e)
        {
            throw Errors.NotDescribed(mask.Apply(e.Fault));
        }
    }
}
