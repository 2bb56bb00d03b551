using Npgsql;
using Platform.Benchmarks.Loads;
using Platform.Benchmarks.Processes;
using Platform.Benchmarks.Report;

namespace Platform.Benchmarks.Syncs;

/// <summary>Objects per second from a connector's process to the table, beside Ingest without a connector and a host as one makes it with go-plugin.</summary>
internal static class SyncRates
{
    private const string Alone = "ingest alone", Stream = "streaming generator", StreamAgain = "streaming generator again (A/A)",
        C1 = "c1 generator", C1Again = "c1 generator again (A/A)", Peer = "c1 generator, go-plugin host";

    private const int WarmUpShare = 4;
    private const double StreamLimit = 0.8, C1Limit = 1.5, Megabyte = 1e6;

    public static async Task RunAsync(SyncPlan plan, PostgresServer server, Results results)
    {
        await GeneratorsAsync(plan, results);

        await using var ingests = new Disposables<IngestProcess>();
        await using var hosts = new Disposables<Contestant>();
        var contestants = new List<LoadContestant>();
        foreach (var (name, database, protocol) in ((string, string, string?)[])
            [
                (Alone, "alone", null), (Stream, "stream", SyncHostProcess.Stream), (StreamAgain, "stream-again", SyncHostProcess.Stream),
                (C1, "c1", SyncHostProcess.C1), (C1Again, "c1-again", SyncHostProcess.C1),
            ])
        {
            await server.CreateDatabaseAsync(database);
            var ingest = await IngestProcess.StartAsync(server.ConnectionString(database));
            ingests.Add(ingest);
            var table = LoadTable.OfIngest(server, database);
            if (protocol is null)
            {
                contestants.Add(new Ours(name, table, ingest, 1));
                continue;
            }

            var host = await Contestant.StartAsync(Host(protocol, ingest.Address), IngestProcess.SecretVariable);
            hosts.Add(host);
            contestants.Add(new SyncContestant(name, table, host, ingest));
        }

        await server.CreateDatabaseAsync("peer");
        await server.ExecuteAsync(server.ConnectionString("peer"), PageStatement.CreateTable);
        hosts.Add(await Contestant.StartAsync(Programs.Go("host", Generator), Variables(server.ConnectionString("peer"))));
        contestants.Add(new SyncContestant(Peer, LoadTable.OfPageStatement(server, "peer"), hosts.Items[^1]));

        await MeasureAsync(plan, contestants, results);
        results.Measures.Add(new("memory of Ingest, highest", "MB", null,
            [.. contestants.Zip(ingests.Items, (contestant, process) => new Series(contestant.Name, [process.PeakMemory / Megabyte]))]));
    }

    private static string Generator => Programs.Go("generator")[0];

    private static IReadOnlyList<string> Host(string protocol, string address) => Programs.Ours("sync-host", Generator, protocol, address);

    /// <summary>The same generators with hosts that only count: what a sync could not exceed with any database.</summary>
    private static async Task GeneratorsAsync(SyncPlan plan, Results results)
    {
        Progress.Say("generators without a database");
        await using var hosts = new Disposables<Contestant>();
        string[] names = [Stream, C1, Peer];
        foreach (var command in (IReadOnlyList<string>[])
            [Host(SyncHostProcess.Stream, SyncHostProcess.Nowhere), Host(SyncHostProcess.C1, SyncHostProcess.Nowhere), Programs.Go("host", Generator)])
            hosts.Add(await Contestant.StartAsync(command));
        foreach (var (host, name) in hosts.Items.Zip(names))
            await SyncContestant.CountAsync(host, name, plan.Rows / WarmUpShare);
        var samples = names.ToDictionary(name => name, _ => new List<double>());
        for (var round = 0; round < plan.Rounds; round++)
        {
            foreach (var (host, name) in Rounds.Turn([.. hosts.Items.Zip(names)], round))
                samples[name].Add(await SyncContestant.CountAsync(host, name, plan.Rows));
        }

        results.Measures.Add(new("into a counter", "objects/s", null, [.. names.Select(name => new Series(name, samples[name]))]));
    }

    private static async Task MeasureAsync(SyncPlan plan, IReadOnlyList<LoadContestant> contestants, Results results)
    {
        Progress.Say("warming up");
        foreach (var kind in plan.Kinds)
            await RoundAsync(new(kind, plan.Rows / WarmUpShare), contestants);
        var samples = plan.Kinds.ToDictionary(kind => kind, _ => contestants.ToDictionary(contestant => contestant, _ => new List<LoadSample>()));
        for (var round = 0; round < plan.Rounds; round++)
        {
            foreach (var kind in plan.Kinds)
            {
                Progress.Say(FormattableString.Invariant($"round {round + 1} of {plan.Rounds}, {Load.NameOf(kind)}"));
                foreach (var (contestant, sample) in await RoundAsync(new(kind, plan.Rows), [.. Rounds.Turn(contestants, round)]))
                    samples[kind][contestant].Add(sample);
            }
        }

        foreach (var kind in plan.Kinds)
        {
            var measure = new Measure($"sync, {Load.NameOf(kind)}", "objects/s", Peer, [.. samples[kind].Select(s => LoadSample.ToRates(s.Key.Name, s.Value))]);
            results.Measures.Add(measure);
            results.Measures.Add(new($"log, {Load.NameOf(kind)}", "bytes of WAL per row", null, [.. samples[kind].Select(s => new Series(s.Key.Name, [.. s.Value.Select(sample => sample.WalPerRow)]))]));
            if (kind != LoadKind.New)
                continue;
            results.Goals.Add(new("stream (× ingest alone)", measure.Ratio(Stream, Alone), StreamLimit, AtLeast: true));
            results.Goals.Add(new("c1 (× go-plugin host)", measure.Ratio(C1, Peer), C1Limit, AtLeast: true));
        }
    }

    /// <exception cref="InvalidOperationException">The tables differ: generators and loads don't bring the same rows.</exception>
    private static async Task<Dictionary<LoadContestant, LoadSample>> RoundAsync(Load load, IReadOnlyList<LoadContestant> contestants)
    {
        var samples = new Dictionary<LoadContestant, LoadSample>();
        var contents = new HashSet<string>();
        foreach (var contestant in contestants)
        {
            samples[contestant] = await contestant.RunAsync(load);
            contents.Add(await contestant.Table.FingerprintAsync());
        }

        return contents.Count == 1 ? samples : throw new InvalidOperationException($"{load}: the contestants' tables have different rows.");
    }

    private static Dictionary<string, string> Variables(string connectionString)
    {
        var server = new NpgsqlConnectionStringBuilder(connectionString);
        return new()
        {
            ["PGHOST"] = server.Host!,
            ["PGPORT"] = FormattableString.Invariant($"{server.Port}"),
            ["PGUSER"] = server.Username!,
            ["PGPASSWORD"] = server.Password ?? "",
            ["PGDATABASE"] = server.Database!,
            ["PGSSLMODE"] = "disable",
        };
    }
}
