using System.Text;
using Microsoft.Extensions.Options;
using Platform.Registry.V1;
using Platform.Runner.Bundles;
using Platform.Runner.Drivers;
using Platform.Runner.Invocations;
using Platform.Runner.Processes;
using Platform.ServiceDefaults;

namespace Platform.Runner.Checks;

/// <summary>
/// Whether a connection would work: its options are what the connector takes, the connector starts, and what it says itself. Whatever is
/// wrong with the connection is a check that did not pass, and no error.
/// </summary>
internal sealed class CheckConnection(
    PrepareConnection prepare, BundleCache bundles, ConnectorDrivers drivers, IOptions<ConnectorSettings> connectors, IOptions<CheckSettings> settings,
    IHostApplicationLifetime lifetime, ILogger<CheckConnection> logger)
{
    private const int MaxWords = 4096;
    private const int RetryAfterSeconds = 10;
    private readonly SemaphoreSlim turns = new(settings.Value.Concurrent);

    /// <param name="Passed">All of them.</param>
    /// <param name="Isolation">How the connector was kept apart; null: it was not started.</param>
    internal sealed record CheckView(bool Passed, IReadOnlyList<CheckResult> Checks, string? Isolation);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/connections/{name}/check", (string name, CheckConnection check, CancellationToken cancel) => check.RunAsync(name, cancel))
        .WithTags("Connections")
        // It starts the connector and lets it reach out, as a run does.
        .RequireConnectionScope("runs:start")
        .Produces<CheckView>()
        .ProducesProblem(404).ProducesProblem(409).ProducesProblem(503)
        .WithSummary("Check whether a connection would work");

    /// <exception cref="ProblemException">503 <c>too_many_checks</c>, or what hinders the platform and not the connector.</exception>
    private async Task<CheckView> RunAsync(string name, CancellationToken cancel)
    {
        var id = Guid.CreateVersion7();
        var prepared = await prepare.RunAsync(name, id, cancel);
        var options = Encoding.UTF8.GetString(prepared.Options.Span);
        var specification = ListActions.Read(prepared);
        if (specification is not null)
        {
            (options, var errors) = ParameterRules.Apply(specification.Parameters, options);
            if (errors.Count > 0)
                return new(false, [.. errors.Select(e => Failed("options", e.Field.Length == 0 ? e.Message : $"{e.Field}: {e.Message}", "Change the options of the connection."))], null);
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel, lifetime.ApplicationStopping);
        try
        {
            if (!await turns.WaitAsync(TimeSpan.FromSeconds(settings.Value.TurnSeconds), stop.Token))
                throw Errors.TooManyChecks(RetryAfterSeconds);
            try
            {
                return await StartAsync(id, prepared, options, OptionMask.Of(specification, options), stop.Token);
            }
            finally
            {
                turns.Release();
            }
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw Errors.NotDescribed(Faults.RunnerStopping);
        }
    }

    private async Task<CheckView> StartAsync(Guid id, RunSpecification prepared, string options, OptionMask mask, CancellationToken cancel)
    {
        using var activity = PlatformActivity.Source.StartActivity($"check {prepared.Connection.Connector}");
        var limit = TimeSpan.FromSeconds(settings.Value.TimeoutSeconds);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var (start, isolation) = (prepared.Start, (string?)null);
        try
        {
            var driver = drivers.For(start.Protocol);
            var limits = LaunchLimits.Of(connectors.Value, start.Limits);
            using var bundle = await bundles.GetAsync(start.Digest, cancel);
            var output = new ConnectorOutput(logger, id, prepared.Connection.Connector, mask);
            var launch = ConnectorLaunch.Of(prepared.Connection.Connector, start, bundle.Files, limits, output, prepared.Connection.Id) with { OnIsolated = applies => isolation = applies };
            // Not what it takes to fetch the connector.
            timeout.CancelAfter(limit);
            var checks = await driver.CheckAsync(launch, options, timeout.Token);
            return new(checks.All(c => c.Passed), [.. checks.Select(c => Masked(c, mask))], isolation);
        }
        catch (RunFaultException e) when (e.Fault.Code is "installer_unavailable" or "disk_full")
        {
            throw Errors.NotDescribed(e.Fault);
        }
        catch (RunFaultException e)
        {
            var fault = mask.Apply(e.Fault);
            var message = $"{fault.Message} ({fault.Code}){(fault.Detail is null ? "" : $"\nIts last words:\n{fault.Detail}")}";
            return new(false, [Failed("start", Bounded(message), fault.Remedy)], isolation);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            return new(false, [Failed("time", $"The connector did not answer within {limit.TotalSeconds:0} s.", "See whether its source answers; an operator can raise Checks:TimeoutSeconds.")], isolation);
        }
    }

    private static CheckResult Masked(CheckResult check, OptionMask mask) => check with
    {
        Name = Bounded(mask.Apply(check.Name)),
        Message = Bounded(mask.Apply(check.Message)),
        Hint = check.Hint is null ? null : Bounded(mask.Apply(check.Hint)),
    };

    private static CheckResult Failed(string name, string message, string? hint) => new(name, false, message, hint);

    private static string Bounded(string text) => text.Length <= MaxWords ? text : text[..MaxWords] + "…";
}

internal static class ChecksSetup
{
    public static void AddChecks(this IServiceCollection services)
    {
        services.AddOptions<CheckSettings>().BindConfiguration(CheckSettings.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<CheckConnection>();
    }

    public static void MapChecks(this IEndpointRouteBuilder routes) => CheckConnection.Map(routes);
}
