using System.Text;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Platform.Registry.V1;
using Platform.Runner.Bundles;
using Platform.Runner.Drivers;
using Platform.Runner.Invocations;
using Platform.Runner.Processes;
using Platform.ServiceDefaults;
using RegistryClient = Platform.Registry.V1.Registry.RegistryClient;

namespace Platform.Runner.AlwaysOn;

/// <summary>Starts a connector that is to go on running, just as a call would: then calls find it.</summary>
internal sealed class KeptStart(RegistryClient registry, BundleCache bundles, ConnectorDrivers drivers, IOptions<ConnectorSettings> settings, ILogger<KeptStart> logger)
{
    // In the place of a run's id in the audit trail.
    private const string Purpose = "always-on";
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(30);

    /// <exception cref="RunFaultException">Registry refuses, or is away.</exception>
    public async Task<RunSpecification> PrepareAsync(string connection, CancellationToken cancel)
    {
        try
        {
            return await registry.PrepareRunAsync(new() { ConnectionId = connection, RunId = Purpose }, deadline: DateTime.UtcNow + AnswerLimit, cancellationToken: cancel);
        }
        catch (RpcException e) when (!cancel.IsCancellationRequested)
        {
            throw ProblemException.FromRpc(e)?.Problem is { } problem ? Faults.PreparationFailed(problem) : Faults.RegistryUnavailable(e.Status.Detail);
        }
    }

    /// <exception cref="RunFaultException">It could not be started; without its secrets.</exception>
    public async Task<KeptConnector> RunAsync(RunSpecification prepared, CancellationToken cancel)
    {
        var given = Encoding.UTF8.GetString(prepared.Options.Span);
        var said = ListActions.Read(prepared);
        var mask = OptionMask.Of(said, given);
        var (options, errors) = said is null ? (given, []) : ParameterRules.Apply(said.Parameters, given);
        if (errors.Count > 0)
            throw Faults.InvalidOptions(errors);
        try
        {
            // Its container holds it for as long as it is there.
            using var bundle = await bundles.GetAsync(prepared.Start.Digest, cancel);
            var (start, connector) = (prepared.Start, prepared.Connection.Connector);
            var launch = ConnectorLaunch.Of(
                connector, start, bundle.Files, LaunchLimits.Of(settings.Value, start.Limits), new ConnectorOutput(logger, null, connector, mask), prepared.Connection.Id);
            return await drivers.For(start.Protocol).KeepAsync(launch, options, cancel);
        }
        catch (RunFaultException e)
        {
            throw new RunFaultException(mask.Apply(e.Fault));
        }
    }
}
