using Google.Protobuf;
using Microsoft.Extensions.Options;
using Platform.Runner.Bundles;
using Platform.Runner.Drivers;
using Platform.Runner.Processes;
using Platform.Runner.V1;
using Platform.ServiceDefaults;

namespace Platform.Runner.Describe;

/// <summary>Starts a connector as a run would, and ends it: whether it can be talked to at all.</summary>
internal sealed class DescribeConnector(
    BundleCache bundles, ConnectorDrivers drivers, IOptions<ConnectorSettings> settings, IHostApplicationLifetime lifetime, ILogger<DescribeConnector> logger)
{
    // Beside the runs, which have their own limit.
    private const int AtOnce = 2;
    // The answer's header also holds it: a caller takes 64 KiB of those.
    private const int MaxLastWords = 2000;
    private static readonly OptionMask NoOptions = new("");
    private readonly SemaphoreSlim turns = new(AtOnce);

    /// <exception cref="ProblemException">409 with the fault's code; 503 <c>installer_unavailable</c>, <c>disk_full</c> or <c>runner_stopping</c>, for which the connector is not to blame.</exception>
    public async Task<DescribeReply> RunAsync(DescribeRequest request, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel, lifetime.ApplicationStopping);
        try
        {
            await turns.WaitAsync(stop.Token);
            try
            {
                return await DescribeAsync(request, stop.Token);
            }
            finally
            {
                turns.Release();
            }
        }
        catch (RunFaultException e)
        {
            throw Errors.NotDescribed(e.Fault with { Detail = LastOf(e.Fault.Detail) });
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw Errors.NotDescribed(Faults.RunnerStopping);
        }
    }

    private async Task<DescribeReply> DescribeAsync(DescribeRequest request, CancellationToken cancel)
    {
        using var activity = PlatformActivity.Source.StartActivity($"describe {request.Connector}");
        var start = request.Start;
        var driver = drivers.For(start.Protocol);
        var limits = LaunchLimits.Of(settings.Value, start.Limits);
        using var bundle = await bundles.GetAsync(start.Digest, cancel);
        var output = new ConnectorOutput(logger, null, request.Connector, NoOptions);
        var description = await driver.DescribeAsync(ConnectorLaunch.Of(request.Connector, start, bundle.Files, limits, output, connection: null), cancel);
        var specification = description.Specification is { } said ? UnsafeByteOperations.UnsafeWrap(said.ToJson()) : ByteString.Empty;
        return new() { Isolation = description.Isolation, Protocol = description.Protocol, Specification = specification };
    }

    private static string? LastOf(string? words) => words?.Length > MaxLastWords ? "… " + words[^MaxLastWords..] : words;
}
