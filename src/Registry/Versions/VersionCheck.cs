using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Dapper;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Npgsql;
using Platform.Contracts;
using Platform.Registry.Connectors;
using Platform.Runner.V1;
using Platform.ServiceDefaults;

namespace Platform.Registry.Versions;

/// <summary>One check: a Runner starts the version; what it answers decides.</summary>
internal sealed partial class VersionCheck(
    NpgsqlDataSource database, Runner.V1.Runner.RunnerClient runner, IOptions<VersionSettings> options, PruneVersions pruning, ILogger<VersionCheck> logger)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private sealed record Version(string Connector, int Number, string Digest, string Manifest, string? Traceparent);

    /// <param name="held">Holds the right to this check, and is otherwise free.</param>
    public async Task RunAsync(NpgsqlTransaction held, Guid install, CancellationToken stopping)
    {
        var version = await held.Connection!.QuerySingleOrDefaultAsync<Version>(new CommandDefinition("""
            SELECT v.connector, v.number, v.digest, v.manifest, i.traceparent
            FROM connector_versions v JOIN installs i ON i.id = v.install_id
            WHERE v.install_id = @install AND v.state = 'checking'
            """, new { install }, held, cancellationToken: stopping));
        if (version is null) return;

        ActivityContext.TryParse(version.Traceparent, null, isRemote: true, out var parent);
        using var activity = PlatformActivity.Source.StartActivity("check version", ActivityKind.Internal, parent);
        activity?.SetTag("platform.install_id", install).SetTag("platform.connector", version.Connector);
        using var abandoned = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var watch = WatchAsync(held, install, abandoned);
        try
        {
            var (said, error) = await AskAsync(version, abandoned.Token);
            if (error is null)
                await CheckVerdict.AcceptAsync(database, install, said!, stopping);
            else
                await CheckVerdict.RejectAsync(database, install, error, stopping);
            LogChecked(logger, version.Connector, version.Number, error?.Code ?? "ready");
            pruning.Wake();
        }
        catch (OperationCanceledException) when (abandoned.IsCancellationRequested && !stopping.IsCancellationRequested)
        {
            LogAbandoned(logger, version.Connector, version.Number);
        }
        finally
        {
            await abandoned.CancelAsync();
            await watch;
        }
    }

    /// <summary>Ends the check once its version is not to be checked any more, as after a request to cancel, or when its lock is lost with the database.</summary>
    private static async Task WatchAsync(NpgsqlTransaction held, Guid install, CancellationTokenSource abandoned)
    {
        try
        {
            do
            {
                await Task.Delay(LookEvery, abandoned.Token);
            }
            while (await held.Connection!.ExecuteScalarAsync<bool>(new CommandDefinition(
                "SELECT EXISTS (SELECT FROM connector_versions WHERE install_id = @install AND state = 'checking')",
                new { install }, held, cancellationToken: abandoned.Token)));
        }
        catch (OperationCanceledException) when (abandoned.IsCancellationRequested)
        {
        }
        finally
        {
            await abandoned.CancelAsync();
        }
    }

    /// <returns>What the version said, or why it can't be used.</returns>
    private async Task<(CheckedVersion? Said, InstallError? Error)> AskAsync(Version version, CancellationToken cancel)
    {
        var (settings, manifest) = (options.Value, JsonSerializer.Deserialize<Manifest>(version.Manifest, PlatformJson.Options)!);
        var request = new DescribeRequest { Connector = version.Connector, Start = ConnectorStarts.Of(version.Digest, manifest) };
        var limit = TimeSpan.FromSeconds(settings.CheckTimeoutSeconds + (manifest.Limits?.StartSeconds ?? 0));
        long? awaySince = null;
        while (true)
        {
            try
            {
                return Read(await runner.DescribeAsync(request, deadline: DateTime.UtcNow + limit, cancellationToken: cancel));
            }
            catch (RpcException) when (cancel.IsCancellationRequested)
            {
                throw new OperationCanceledException(cancel);
            }
            catch (RpcException e) when (IsVerdict(e) && ProblemException.FromRpc(e) is { Problem: var fault })
            {
                return (null, Errors.VersionCheckFailed(fault));
            }
            catch (RpcException e)
            {
                if (awaySince is null) LogAway(logger, version.Connector, version.Number, e.Status.Detail);
                awaySince ??= Stopwatch.GetTimestamp();
                if (Stopwatch.GetElapsedTime(awaySince.Value).TotalSeconds >= settings.CheckPatienceSeconds)
                    return (null, Errors.VersionCheckUnavailable(settings.CheckPatienceSeconds));
            }
            await Task.Delay(TimeSpan.FromSeconds(settings.CheckPauseSeconds), cancel);
        }
    }

    // A specification that can't be kept would be in the way of every later check of it.
    private static (CheckedVersion? Said, InstallError? Error) Read(DescribeReply reply)
    {
        string? Invalid(ConnectorSpecification specification) => specification.ToJson().AsSpan().IndexOf("\\u0000"u8) >= 0
            ? "it has a NUL character." : ParameterRules.Problems(specification).FirstOrDefault();
        try
        {
            var specification = ConnectorSpecification.FromJson(reply.Specification.Span);
            if (specification is not null && Invalid(specification) is { } problem) return (null, Errors.SpecificationInvalid(problem));
            return (new(reply.Protocol == "" ? null : reply.Protocol, specification is null ? null : Encoding.UTF8.GetString(specification.ToJson())), null);
        }
        catch (JsonException)
        {
            return (null, Errors.SpecificationInvalid("it can't be read."));
        }
    }

    // Anything else says something about the Runner and nothing about the version.
    private static bool IsVerdict(RpcException e) => e.StatusCode is StatusCode.FailedPrecondition or StatusCode.InvalidArgument;

    [LoggerMessage(1, LogLevel.Information, "Version {Number} of {Connector} was checked: {Outcome}")]
    private static partial void LogChecked(ILogger logger, string connector, int number, string outcome);

    [LoggerMessage(2, LogLevel.Information, "The check of version {Number} of {Connector} was abandoned")]
    private static partial void LogAbandoned(ILogger logger, string connector, int number);

    [LoggerMessage(3, LogLevel.Warning, "No Runner can check version {Number} of {Connector} now; it is tried again: {Reason}")]
    private static partial void LogAway(ILogger logger, string connector, int number, string reason);
}
