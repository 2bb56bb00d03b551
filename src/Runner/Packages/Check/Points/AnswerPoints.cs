using System.Text.Json;
using System.Text.RegularExpressions;
using Platform.Ndc;

namespace Platform.Runner.Packages.Check.Points;

/// <summary>R: what it answers is what the NDC specification says, to good requests and to bad ones.</summary>
internal static partial class AnswerPoints
{
    private static readonly Point Capabilities = new("R3", Grade.Must, "GET /capabilities tells a semantic version and the capabilities",
        "Answer {\"version\": \"0.2.0\", \"capabilities\": {\"query\": {}, \"mutation\": {}}}, with the version of the specification that is implemented.");

    private static readonly Point Schema = new("R4", Grade.Must, "GET /schema is whole, and every type that it names is in it",
        "Answer scalar_types, object_types, collections, functions and procedures, and declare each type that is named.");

    private static readonly Point Query = new("R5", Grade.Must, "POST /query answers what was asked for",
        "Answer one row set for each set of variables, and each row with the fields that were asked for. Read the configuration from the directory that is mounted.");

    private static readonly Point Malformed = new("R6", Grade.Should, "A request without its members is answered 400 with message and details",
        "Answer 400 (422 where the request can't be meant) with {\"message\": …, \"details\": …}.");

    private static readonly Point NotJson = new("R7", Grade.Should, "A body that is no JSON is answered 4xx", "Answer 400 to what can't be parsed; it is not the server's fault.");

    private static readonly Point Version = new("R8", Grade.Should, "A version that it does not implement is answered 4xx",
        "Answer 400 where the header X-Hasura-NDC-Version asks for what ^ of it does not cover.");

    public static IReadOnlyList<Point> All => [Capabilities, Schema, Query, Malformed, NotJson, Version];

    /// <returns>What can be asked of this connector.</returns>
    public static async Task<Probe> GoodAsync(Findings findings, Trial trial, CancellationToken cancel)
    {
        var capabilities = await ReadAsync<NdcCapabilities>(findings, Capabilities, trial, "/capabilities", cancel);
        if (capabilities is not null)
            findings.Judge(Capabilities, Semantic().IsMatch(capabilities.Version), $"It implements {Trial.Short(capabilities.Version)}.");
        var schema = await ReadAsync<NdcSchema>(findings, Schema, trial, "/schema", cancel);
        if (schema is null)
        {
            findings.Skip(Query, "Its schema can't be read.");
            return new(capabilities, null, null);
        }

        var problems = schema.Problems();
        findings.Judge(Schema, problems.Count == 0, problems.Count > 0 ? string.Join(" ", problems.Take(5))
            : $"It has {schema.Collections.Count} collections, {schema.Functions.Count} functions and {schema.Procedures.Count} procedures.");
        var probe = new Probe(capabilities, schema, Probe.QueryOf(schema));
        await QueryAsync(findings, trial, probe, cancel);
        return probe;
    }

    public static async Task BadAsync(Findings findings, Trial trial, Probe probe, CancellationToken cancel)
    {
        await JudgeAsync(findings, Malformed, trial, "{}", answer => answer.Status is 400 or 422 && IsError(answer.Body), cancel);
        await JudgeAsync(findings, NotJson, trial, "this is no JSON", answer => answer.Status is >= 400 and < 500, cancel);
        if (probe.Query is null)
            findings.Skip(Version, "It has nothing that can be asked without arguments.");
        else
            await JudgeAsync(findings, Version, trial, probe.Query.Body, answer => answer.Status is >= 400 and < 500, cancel, (NdcClient.VersionHeader, "99.0.0"));
    }

    private static async Task QueryAsync(Findings findings, Trial trial, Probe probe, CancellationToken cancel)
    {
        if (probe.Query is not { } query)
        {
            findings.Skip(Query, "It has no collection and no function without compulsory arguments.");
            return;
        }

        try
        {
            var answer = await trial.SendAsync(HttpMethod.Post, "/query", query.Body, cancel);
            if (answer.Status != 200)
            {
                findings.Fail(Query, $"The {query.What} was asked for, and {answer}: {Trial.Short(answer.Text)}");
                return;
            }

            var sets = NdcClient.Read<IReadOnlyList<NdcRowSet>>(answer.Body, answer.Request);
            var rows = sets is [{ Rows: { } first }] ? first : null;
            var missing = query.Fields.FirstOrDefault(f => rows?.Any(r => r.ValueKind != JsonValueKind.Object || !r.TryGetProperty(f, out _)) == true);
            findings.Judge(Query, rows is not null && missing is null,
                rows is null ? $"The {query.What} was answered with {sets.Count} row sets, or one without rows; one with rows is right."
                : missing is null ? $"The {query.What} was answered with {rows.Count} rows." : $"The {query.What} was answered with a row that has no {missing}.");
        }
        catch (NdcException e)
        {
            findings.Fail(Query, e.Fault.Message);
        }
    }

    private static async Task<T?> ReadAsync<T>(Findings findings, Point point, Trial trial, string path, CancellationToken cancel)
        where T : class
    {
        try
        {
            var answer = await trial.SendAsync(HttpMethod.Get, path, null, cancel);
            if (answer.Status == 200)
                return NdcClient.Read<T>(answer.Body, answer.Request);
            findings.Fail(point, $"{answer}: {Trial.Short(answer.Text)}");
        }
        catch (NdcException e)
        {
            findings.Fail(point, e.Fault.Message);
        }

        return null;
    }

    private static async Task JudgeAsync(
        Findings findings, Point point, Trial trial, string body, Func<Exchange, bool> isRight, CancellationToken cancel, params (string Name, string Value)[] headers)
    {
        try
        {
            var answer = await trial.SendAsync(HttpMethod.Post, "/query", body, cancel, headers: headers);
            var right = isRight(answer);
            findings.Judge(point, right, right ? $"{answer}." : $"{answer}: {Trial.Short(answer.Text)}");
        }
        catch (NdcException e)
        {
            findings.Fail(point, e.Fault.Message);
        }
    }

    private static bool IsError(byte[] body)
    {
        try
        {
            var error = JsonSerializer.Deserialize<JsonElement>(body);
            return error.ValueKind == JsonValueKind.Object && error.TryGetProperty("message", out var message) && message.ValueKind == JsonValueKind.String && error.TryGetProperty("details", out _);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    [GeneratedRegex(@"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)([-+][0-9A-Za-z.+-]+)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Semantic();
}
