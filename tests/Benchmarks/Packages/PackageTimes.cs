using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Platform.Benchmarks.Processes;
using Platform.Benchmarks.Report;
using Platform.Benchmarks.Runs;
using Platform.Benchmarks.Services;

namespace Platform.Benchmarks.Packages;

/// <summary>
/// What the platform costs over asking a packaged connector directly: one query, and a sync of a whole collection over reading its pages and throwing them away.
/// Both ask <c>connectors/tables-ndc</c>: the platform in the container that it keeps, the other one in a container started by hand from the same image.
/// </summary>
internal static class PackageTimes
{
    private const string Direct = "direct", DirectAgain = "direct again (A/A)", Ours = "platform", Connector = "tables", Image = "tables-ndc:bench";
    private const double QueryLimit = 3, SyncLimit = 0.6;

    // As of the Runner: rows of a page.
    private const int Page = 1000;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    public static async Task RunAsync(PackagePlan plan, string folder, Results results)
    {
        var configuration = PackageData.Write(Path.Combine(folder, "tables"), plan.Rows);
        Progress.Say("starting the platform");
        await using var platform = await PlatformProcess.StartAsync(folder, ["--allow-outbound", "127.0.0.1"]);
        var docker = new DockerExec(platform.EngineSocket);
        if (docker.Version().Length == 0)
            throw new InvalidOperationException("There is no container engine: docker.io, and root to start it.");
        Progress.Say("building the connector's image");
        BuildImage(Path.Combine(folder, "image"), platform.EngineSocket);
        var container = docker.Run("run", "--detach", "--read-only", "--tmpfs", "/tmp", "--publish", "127.0.0.1::8080", "--volume", $"{configuration}:/etc/connector:ro", Image).Output.Trim();
        try
        {
            var address = docker.Run("port", container, "8080").Output.Trim().Split('\n')[0];
            using var direct = new HttpClient { BaseAddress = new($"http://{address}") };
            await WaitAsync(direct);
            await platform.InstallAsync(new { name = Connector, source = "Image", uri = Image, configuration, protocol = "ndc" });
            await platform.ConnectAsync(Connector, Connector, "{}");

            Progress.Say("queries");
            // Of a small table: what the connector itself takes is not what is asked.
            var few = Query(PackageData.Small, 10, null);
            async Task DirectlyAsync() => await PostAsync(direct, few);
            var queries = await ServiceTimes.MeasureAsync(new(plan.Name, plan.Rounds, plan.Calls, plan.WarmUp, 0), "one query", null, warm: true,
                new ServiceTimes.Contestant(Direct, DirectlyAsync), new(DirectAgain, DirectlyAsync), new(Ours, () => platform.QueryAsync(Connector, few)));
            results.Measures.Add(queries);
            results.Goals.Add(new("query-overhead (ms)", queries.Median(Ours) - queries.Median(Direct), QueryLimit, AtLeast: false));

            Progress.Say("whole collections");
            var syncs = await MeasureSyncsAsync(plan, platform, direct);
            results.Measures.Add(syncs);
            results.Goals.Add(new("sync (× direct)", syncs.Ratio(Ours, Direct), SyncLimit, AtLeast: true));
        }
        finally
        {
            docker.Run("rm", "--force", "--volumes", container);
        }
    }

    private static async Task<Measure> MeasureSyncsAsync(PackagePlan plan, PlatformProcess platform, HttpClient direct)
    {
        var connections = 0;
        async Task<double> DirectlyAsync()
        {
            var begun = Stopwatch.GetTimestamp();
            for (var after = 0; after < plan.Rows; after += Page)
                await PostAsync(direct, Query(PackageData.Table, Page, after));
            return plan.Rows / Stopwatch.GetElapsedTime(begun).TotalSeconds;
        }

        // Each into a connection of its own, which had no object.
        async Task<double> OursAsync()
        {
            var connection = $"rows-{++connections}";
            await platform.ConnectAsync(connection, Connector, "{}", PackageData.Table);
            // Its own container: the start is no part of the sync.
            await platform.QueryAsync(connection, Query(PackageData.Small, 1, null));
            var begun = Stopwatch.GetTimestamp();
            var run = await platform.WaitForSuccessAsync(await platform.StartRunAsync(connection), Limit);
            var rate = plan.Rows / Stopwatch.GetElapsedTime(begun).TotalSeconds;
            return run.GetProperty("counts").GetProperty("inserted").GetInt64() == plan.Rows ? rate : throw new InvalidOperationException($"The sync did not bring {plan.Rows} rows: {run}");
        }

        (string Name, Func<Task<double>> SampleAsync)[] contestants = [(Direct, DirectlyAsync), (DirectAgain, DirectlyAsync), (Ours, OursAsync)];
        var samples = await Rounds.RunAsync(
            new Plan(plan.Name, TimeSpan.Zero, TimeSpan.Zero, Math.Min(plan.Rounds, 5)), contestants, contestant => contestant.SampleAsync(), contestant => contestant.SampleAsync());
        return new("a whole collection", "rows/s", Direct, [.. contestants.Zip(samples, (contestant, rates) => new Series(contestant.Name, [.. rates]))]);
    }

    private static object Query(string table, int limit, int? after) => new
    {
        collection = table,
        query = new
        {
            fields = PackageData.Columns.ToDictionary(c => c, c => new { type = "column", column = c }),
            limit,
            order_by = new { elements = new[] { new { order_direction = "asc", target = new { type = "column", name = PackageData.Key, path = Array.Empty<object>() } } } },
            predicate = after is null ? null : new
            {
                type = "binary_comparison_operator",
                column = new { type = "column", name = PackageData.Key },
                @operator = "gt",
                value = new { type = "scalar", value = after },
            },
        },
        arguments = new { },
        collection_relationships = new { },
    };

    private static async Task PostAsync(HttpClient http, object query)
    {
        using var answer = await http.PostAsJsonAsync("/query", query);
        var body = await answer.Content.ReadAsByteArrayAsync();
        if (!answer.IsSuccessStatusCode)
            throw new InvalidOperationException($"The connector answered {(int)answer.StatusCode}: {System.Text.Encoding.UTF8.GetString(body)}");
    }

    private static async Task WaitAsync(HttpClient http)
    {
        for (var begun = Stopwatch.GetTimestamp(); ; await Task.Delay(TimeSpan.FromMilliseconds(50)))
        {
            try
            {
                using var health = await http.GetAsync("/health");
                if (health.IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException) when (Stopwatch.GetElapsedTime(begun) < Limit)
            {
                // Not yet.
            }

            if (Stopwatch.GetElapsedTime(begun) > Limit)
                throw new TimeoutException("The connector's container is not ready.");
        }
    }

    private static void BuildImage(string folder, string? socket)
    {
        var start = new ProcessStartInfo(Path.Combine(Programs.Root, "connectors", "tables-ndc", "build.sh"), [folder, Image]) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (socket is not null)
            start.Environment["DOCKER_HOST"] = $"unix://{socket}";
        using var build = Process.Start(start)!;
        var errors = build.StandardError.ReadToEndAsync();
        build.StandardOutput.ReadToEnd();
        build.WaitForExit();
        if (build.ExitCode != 0)
            throw new InvalidOperationException($"The connector's image did not build: {errors.Result}");
    }
}
