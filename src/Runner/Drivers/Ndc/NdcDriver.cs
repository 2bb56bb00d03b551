using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Platform.Contracts;
using Platform.Ndc;
using Platform.Runner.Drivers.Ndc.Servers;
using Platform.Runner.Drivers.Ndc.Sync;
using Platform.Runner.Drivers.Servers;
using Platform.Runner.Processes;
using Platform.ServiceDefaults;

namespace Platform.Runner.Drivers.Ndc;

/// <summary>
/// Packaged connectors: images that serve the NDC specification, each in a container that is kept warm between calls. A connection's options are the
/// container's environment.
/// </summary>
internal sealed class NdcDriver(PackageVersions versions, WarmServers servers, IOptions<ServerSettings> settings) : IConnectorDriver
{
    public const string Protocol = Manifest.PackageProtocol;

    /// <summary>Without a connection there are no options. One that does not start without them is known by its package alone, and asked once a connection has them.</summary>
    public async Task<ConnectorDescription> DescribeAsync(ConnectorLaunch launch, CancellationToken cancel)
    {
        var runtime = versions.Read(launch);
        var (options, missing) = ParameterRules.Apply(NdcSpecification.Options(runtime), "{}");
        if (missing.Count > 0)
        {
            launch.Output.Add(LogLevel.Warning, $"It was not started, as it needs {string.Join(", ", missing.Select(m => m.Field))}: its collections and functions are known with a connection's options only.");
            return new("none", Protocol, NdcSpecification.Of(launch.Connector, runtime, null, null, out _));
        }

        using var use = await AcquireAsync(launch, options, runtime, cancel);
        var specification = await SpecifyAsync(launch, runtime, use.Server, cancel);
        return new(use.Server.Isolation, Protocol, specification);
    }

    public async Task<ConnectorSpecification?> SpecifyAsync(ConnectorLaunch launch, string options, CancellationToken cancel)
    {
        var runtime = versions.Read(launch);
        using var use = await AcquireAsync(launch, options, runtime, cancel);
        return await SpecifyAsync(launch, runtime, use.Server, cancel);
    }

    public async Task<IReadOnlyList<CheckResult>> CheckAsync(ConnectorLaunch launch, string options, CancellationToken cancel)
    {
        using var use = await AcquireAsync(launch, options, versions.Read(launch), cancel);
        launch.OnIsolated(use.Server.Isolation);
        var schema = await SchemaAsync(use.Server, cancel);
        var problems = schema.Problems();
        return
        [
            new("start", true, $"The connector has started, and implements NDC {use.Server.Capabilities.Version}."),
            problems.Count == 0
                ? new("schema", true, $"It has {schema.Collections.Count} collections, {schema.Functions.Count} functions and {schema.Procedures.Count} procedures.")
                : new("schema", false, string.Join(" ", problems.Take(20)), "Mend the connector's schema."),
        ];
    }

    public async Task<SyncEnd> SyncAsync(SyncWork work, CancellationToken cancel)
    {
        using var use = await AcquireAsync(work.Launch, work.Options, versions.Read(work.Launch), cancel);
        work.OnStarted(use.Server.Isolation);
        try
        {
            var schema = await SchemaAsync(use.Server, cancel);
            var client = Client(use.Server, settings.Value.MaxAnswerBytes);
            return await new CollectionSync(work, schema, use.Server.Capabilities.IsFirstGeneration, settings.Value.PageRows, client).RunAsync(cancel);
        }
        catch (NdcException e)
        {
            throw await use.Server.EndFaultAsync(e.Fault, work.Launch.Output) ?? NdcErrors.Of(e.Fault);
        }
    }

    public async Task<ActionAnswer> InvokeAsync(ActionWork work, CancellationToken cancel)
    {
        using var use = await AcquireAsync(work.Launch, work.Options, versions.Read(work.Launch), cancel);
        work.OnStarted(use.Server.Isolation);
        var schema = await SchemaAsync(use.Server, cancel);
        var mutates = schema.Functions.All(f => f.Name != work.Action);
        if (mutates && schema.Procedures.All(p => p.Name != work.Action))
            throw Faults.UnknownAction(work.Action);
        var arguments = (JsonObject)JsonNode.Parse(work.Arguments)!;
        // What is around the value is little.
        var client = Client(use.Server, work.MaxResultBytes + (64 << 10));
        try
        {
            var result = mutates ? await MutateAsync(client, work.Action, arguments, cancel) : await QueryAsync(client, work.Action, arguments, cancel);
            var bytes = JsonSerializer.SerializeToUtf8Bytes(result, NdcJson.Options);
            return bytes.Length <= work.MaxResultBytes ? new(bytes, null) : throw Faults.ResultTooLarge(work.MaxResultBytes);
        }
        catch (NdcException e)
        {
            if (await use.Server.EndFaultAsync(e.Fault, work.Launch.Output) is { } end)
                throw end;
            return new(null, NdcErrors.OfAction(e.Fault, mutates, work.MaxResultBytes));
        }
    }

    public Task<ConnectorListener> ListenAsync(ListenWork work, CancellationToken cancel) => throw Faults.SubscriptionsNotSupported();

    public async Task<QueryAnswer> QueryAsync(QueryWork work, CancellationToken cancel)
    {
        var use = await AcquireAsync(work.Launch, work.Options, versions.Read(work.Launch), cancel);
        try
        {
            var findings = NdcRequestCheck.Query(await SchemaAsync(use.Server, cancel), work.Request);
            if (findings.Count > 0)
                throw Errors.InvalidQuery(findings);
            if (work.Explains && use.Server.Capabilities.Capabilities.Query.Explain is null)
                throw Errors.ExplainNotSupported();
            return new(await Client(use.Server, settings.Value.MaxAnswerBytes).OpenAsync(HttpMethod.Post, work.Explains ? "/query/explain" : "/query", work.Body, cancel), use);
        }
        catch (Exception e)
        {
            var end = e is NdcException { Fault: var fault } ? await use.Server.EndFaultAsync(fault, work.Launch.Output) : null;
            use.Dispose();
            throw end ?? e;
        }
    }

    public async Task<KeptConnector> KeepAsync(ConnectorLaunch launch, string options, CancellationToken cancel)
    {
        var use = await AcquireAsync(launch, options, versions.Read(launch), cancel, keeps: true);
        return new(use.Server.Exited, use);
    }

    public Task ForgetAsync(Guid connection, CancellationToken cancel) => servers.ForgetAsync(connection.ToString(), cancel);

    private static async Task<JsonElement> QueryAsync(NdcClient client, string function, JsonObject arguments, CancellationToken cancel)
    {
        var query = new NdcQuery(new Dictionary<string, NdcField> { [NdcFunction.ValueColumn] = NdcField.OfColumn(NdcFunction.ValueColumn) });
        var sets = await client.QueryAsync(NdcQueryRequest.Of(function, query, arguments), cancel);
        return sets[0].Rows is [{ ValueKind: JsonValueKind.Object } row] && row.TryGetProperty(NdcFunction.ValueColumn, out var value) ? value
            : throw new NdcException(new(NdcFaults.BadAnswer, $"The function {function} was not answered with one row that has {NdcFunction.ValueColumn}.", 200));
    }

    private static async Task<JsonElement> MutateAsync(NdcClient client, string procedure, JsonObject arguments, CancellationToken cancel)
    {
        var answer = await client.MutateAsync(new([NdcMutationOperation.OfProcedure(procedure, arguments)], []), cancel);
        var result = answer.OperationResults[0].Result;
        return result.ValueKind == JsonValueKind.Undefined ? JsonElement.Parse("null") : result;
    }

    private static async Task<ConnectorSpecification> SpecifyAsync(ConnectorLaunch launch, PackageRuntime runtime, PackageServer server, CancellationToken cancel)
    {
        var specification = NdcSpecification.Of(launch.Connector, runtime, server.Capabilities, await SchemaAsync(server, cancel), out var leftOut);
        foreach (var reason in leftOut)
            launch.Output.Add(LogLevel.Warning, reason);
        return specification;
    }

    private static async Task<NdcSchema> SchemaAsync(PackageServer server, CancellationToken cancel)
    {
        try
        {
            return await server.SchemaAsync(cancel);
        }
        catch (NdcException e)
        {
            throw NdcErrors.Of(e.Fault);
        }
    }

    private NdcClient Client(PackageServer server, long maxBytes) => server.ClientWith(options => options with
    {
        Silence = TimeSpan.FromSeconds(settings.Value.SilenceSeconds),
        MaxAnswerBytes = maxBytes,
    });

    private async Task<ServerUse<PackageServer>> AcquireAsync(ConnectorLaunch launch, string options, PackageRuntime runtime, CancellationToken cancel, bool keeps = false)
    {
        try
        {
            return await servers.AcquireAsync(new PackageWish(launch, options, runtime), cancel, keeps);
        }
        catch (ProblemException e)
        {
            // The platform's lack and not the connector's fault.
            throw new RunFaultException(new(e.Problem.Code, e.Problem.Detail, e.Problem.Remedy, Transient: true));
        }
    }
}
