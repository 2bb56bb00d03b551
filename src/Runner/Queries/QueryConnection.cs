using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Platform.Ndc;
using Platform.Registry.V1;
using Platform.Runner.Bundles;
using Platform.Runner.Drivers;
using Platform.Runner.Invocations;
using Platform.Runner.Processes;
using Platform.ServiceDefaults;

namespace Platform.Runner.Queries;

/// <summary>
/// Passes a query on to a connection's connector and its answer back, both byte by byte. Nothing is recorded: a query changes nothing. What of the request
/// the connector's schema does not have is refused before the connector is asked.
/// </summary>
internal sealed class QueryConnection(
    PrepareConnection prepare, BundleCache bundles, ConnectorDrivers drivers, IOptions<ConnectorSettings> connectors, IOptions<QuerySettings> settings,
    IHostApplicationLifetime lifetime, ILogger<QueryConnection> logger)
{
    private const long MaxRequestBytes = 4 << 20;
    private const int RetryAfterSeconds = 5;
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 64 };
    private readonly SemaphoreSlim turns = new(settings.Value.Concurrent);

    public static void Map(IEndpointRouteBuilder routes)
    {
        Map(routes, "/v1/connections/{name}/query", explains: false, "Ask a packaged connector a query (NDC)");
        Map(routes, "/v1/connections/{name}/query/explain", explains: true, "Ask a packaged connector how it would answer a query (NDC)");
    }

    private static void Map(IEndpointRouteBuilder routes, string path, bool explains, string summary) => routes
        .MapPost(path, (string name, QueryConnection query, HttpContext context, CancellationToken cancel) => query.RunAsync(name, explains, context, cancel))
        .WithTags("Connections")
        .RequireConnectionScope("actions:invoke")
        .WithErrors("connector_refused", "installer_unavailable", "invalid_options", "queries_not_supported", "too_many_queries", "unknown_connection")
        .WithExample("""{"collection": "articles", "query": {"fields": {"id": {"type": "column", "column": "id"}}, "limit": 10}, "arguments": {}, "collection_relationships": {}}""")
        .WithAnswer(explains ? """{"details": {"sql": "SELECT id FROM articles LIMIT 10"}}""" : """[{"rows": [{"id": 1}]}]""")
        .Accepts<JsonElement>("application/json")
        .Produces<JsonElement>()
        .ProducesProblem(400).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(422).ProducesProblem(501).ProducesProblem(502)
        .ProducesProblem(503).ProducesProblem(504)
        .WithSummary(summary);

    private async Task RunAsync(string name, bool explains, HttpContext context, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel, lifetime.ApplicationStopping);
        var body = await BodyAsync(context.Request, stop.Token);
        using var request = Parse(body);
        var id = Guid.CreateVersion7();
        var prepared = await prepare.RunAsync(name, id, stop.Token);
        var (specification, options) = Options(prepared, name);
        var mask = OptionMask.Of(specification, options);
        if (!await turns.WaitAsync(TimeSpan.FromSeconds(settings.Value.TurnSeconds), stop.Token))
            throw Errors.TooManyQueries(RetryAfterSeconds);
        try
        {
            await AskAsync(prepared, id, options, mask, body, request.RootElement, explains, context, stop.Token);
        }
        catch (NdcException e)
        {
            throw Errors.ConnectorFailed(e.Fault, mask.Apply);
        }
        catch (RunFaultException e)
        {
            throw Errors.NotQueried(mask.Apply(e.Fault));
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            throw Errors.NotDescribed(Faults.RunnerStopping);
        }
        finally
        {
            turns.Release();
        }
    }

    private async Task AskAsync(
        RunSpecification prepared, Guid id, string options, OptionMask mask, byte[] body, JsonElement request, bool explains, HttpContext context, CancellationToken cancel)
    {
        var (start, connector) = (prepared.Start, prepared.Connection.Connector);
        using var activity = PlatformActivity.Source.StartActivity($"query {connector}");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var driver = drivers.For(start.Protocol);
        var limits = LaunchLimits.Of(connectors.Value, start.Limits);
        using var bundle = await bundles.GetAsync(start.Digest, cancel);
        var output = new ConnectorOutput(logger, id, connector, mask);
        var launch = ConnectorLaunch.Of(connector, start, bundle.Files, limits, output, prepared.Connection.Id);
        limit.CancelAfter(TimeSpan.FromSeconds(settings.Value.TimeoutSeconds));
        try
        {
            await using var answer = await driver.QueryAsync(new(launch, options, body, request, explains), limit.Token);
            await AnswerStream.SendAsync(answer.Answer, context, explains, limit, cancel);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            throw new NdcException(new(NdcFaults.Silent, $"The connector was not there with an answer within {settings.Value.TimeoutSeconds:0.#} s."));
        }
    }

    private static (ConnectorSpecification Specification, string Options) Options(RunSpecification prepared, string name)
    {
        var specification = ListActions.Read(prepared) ?? throw Errors.NotQueried(Faults.QueriesNotSupported().Fault);
        var (options, errors) = ParameterRules.Apply(specification.Parameters, Encoding.UTF8.GetString(prepared.Options.Span));
        return errors.Count == 0 ? (specification, options)
            : throw Errors.OptionsDoNotFit(name, [.. errors.Select(e => e with { Field = e.Field.Length == 0 ? "options" : $"options.{e.Field}" })]);
    }

    private static async Task<byte[]> BodyAsync(HttpRequest request, CancellationToken cancel)
    {
        if (request.ContentLength > MaxRequestBytes)
            throw TooLarge();
        using var body = new MemoryStream();
        var block = new byte[16 << 10];
        while (await request.Body.ReadAsync(block, cancel) is var count and > 0)
        {
            if (body.Length + count > MaxRequestBytes)
                throw TooLarge();
            body.Write(block, 0, count);
        }

        return body.ToArray();

        static BadHttpRequestException TooLarge() => new($"A query has at most {MaxRequestBytes >> 20} MiB.", StatusCodes.Status413PayloadTooLarge);
    }

    private static JsonDocument Parse(byte[] body)
    {
        try
        {
            return JsonDocument.Parse(body, Strict);
        }
        catch (JsonException e)
        {
            throw new BadHttpRequestException("The body is not JSON.", StatusCodes.Status400BadRequest, e);
        }
    }
}

internal static class QueriesSetup
{
    public static void AddQueries(this IServiceCollection services)
    {
        services.AddOptions<QuerySettings>().BindConfiguration(QuerySettings.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<QueryConnection>();
    }

    public static void MapQueries(this IEndpointRouteBuilder routes) => QueryConnection.Map(routes);
}
