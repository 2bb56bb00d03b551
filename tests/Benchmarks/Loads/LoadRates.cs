using Platform.Benchmarks.Report;

namespace Platform.Benchmarks.Loads;

/// <summary>Rows per second into a table: ours beside what the database could do, what one writes by hand, and c1's statement.</summary>
internal static class LoadRates
{
    private const string Floor = "floor: COPY", Hand = "by hand", C1 = "c1's statement, prepared", C1Anew = "c1's statement, parsed anew", Ours = "ours", Two = "ours, two at once", Again = "ours again (A/A)";
    // Behind the floor and by hand, before ours.
    private const int C1Place = 2;
    private const int WarmUpShare = 4, LeastRows = 2_000;
    private const double Megabyte = 1e6, MemoryLimit = 200;

    /// <summary>Each contestant has a table of its own, empty at the start of each round; each of ours a process too.</summary>
    public static async Task EmptyAsync(LoadPlan plan, PostgresServer server, Results results)
    {
        await using var processes = new Disposables<IngestProcess>();
        var contestants = new List<LoadContestant>();
        foreach (var (name, database, make) in ((string, string, Func<string, LoadTable, IngestProcess, LoadContestant>)[])
            [
                (Floor, "floor", (name, table, _) => new Floor(name, table)),
                (Hand, "hand", (name, table, _) => new ByHand(name, table)),
                (Ours, "ours", (name, table, ingest) => new Ours(name, table, ingest, 1)),
                (Two, "two", (name, table, ingest) => new Ours(name, table, ingest, 2)),
                (Again, "again", (name, table, ingest) => new Ours(name, table, ingest, 1)),
            ])
        {
            await server.CreateDatabaseAsync(database);
            // Ingest makes the table; the floor's and by hand's is the very same.
            var ingest = await IngestProcess.StartAsync(server.ConnectionString(database));
            var contestant = make(name, LoadTable.OfIngest(server, database), ingest);
            contestants.Add(contestant);
            if (contestant is Ours)
                processes.Add(ingest);
            else
                await ingest.DisposeAsync();
        }

        foreach (var (name, database, prepared) in ((string, string, bool)[])[(C1Anew, "c1-anew", false), (C1, "c1", true)])
        {
            await server.CreateDatabaseAsync(database);
            await server.ExecuteAsync(server.ConnectionString(database), PageStatement.CreateTable);
            contestants.Insert(C1Place, new PageStatement(name, LoadTable.OfPageStatement(server, database), prepared));
        }

        await MeasureAsync("", plan.Rows, plan.Rounds, contestants, results);
        results.Measures.Add(new("memory of Ingest, highest", "MB", null,
            [.. contestants.OfType<Ours>().Zip(processes.Items, (contestant, process) => new Series(contestant.Name, [process.PeakMemory / Megabyte]))]));
        results.Goals.Add(new("memory (MB)", processes.Items.Max(process => process.PeakMemory) / Megabyte, MemoryLimit, AtLeast: false));
        // The disk is wanted for what follows.
        foreach (var contestant in contestants)
            await contestant.Table.ClearAsync();
    }

    /// <summary>All of the same shape share one large table; each round brings connections of its own, and their rows stay.</summary>
    public static async Task HeldAsync(LoadPlan plan, PostgresServer server, Results results)
    {
        const string Database = "held";
        Progress.Say(FormattableString.Invariant($"filling tables with {plan.Held:#,0} rows"));
        await server.CreateDatabaseAsync(Database);
        await using var ingest = await IngestProcess.StartAsync(server.ConnectionString(Database));
        await server.ExecuteAsync(server.ConnectionString(Database), PageStatement.CreateTable);
        var objects = LoadTable.OfIngest(server, Database, stays: true);
        var c1 = LoadTable.OfPageStatement(server, Database, stays: true);
        var held = FormattableString.Invariant($"""
            SELECT n, '00000000-0000-0000-0000-000000000001'::uuid, lpad(n::text, 32, '0') AS id, 'document',
                   'https://files.example.com/tenants/4711/documents/' || lpad(n::text, 32, '0'), rpad('{"{"}"revision":0,"path":"', 180, 'x') || '"{"}"}'
            FROM generate_series(1, {plan.Held}) n
            """);
        await objects.HoldAsync($"INSERT INTO objects ({CopyRows.Columns}) SELECT connection, '', id, resource_name, uri, metadata, '\\x00112233445566778899aabbccddeeff', n, true, 1, now(), now() FROM ({held}) h (n, connection, id, resource_name, uri, metadata)");
        await c1.HoldAsync($"INSERT INTO data_objects SELECT connection, id, resource_name, uri, metadata FROM ({held}) h (n, connection, id, resource_name, uri, metadata)");
        await MeasureAsync("large table, ", plan.HeldLoad, plan.Rounds,
            [
                new Floor(Floor, objects), new ByHand(Hand, objects), new PageStatement(C1, c1, prepared: true), new PageStatement(C1Anew, c1, prepared: false),
                new Ours(Ours, objects, ingest, 1), new Ours(Two, objects, ingest, 2), new Ours(Again, objects, ingest, 1),
            ],
            results);
    }

    private static async Task MeasureAsync(string prefix, int rows, int rounds, IReadOnlyList<LoadContestant> contestants, Results results)
    {
        Progress.Say(prefix + "warming up");
        foreach (var kind in Load.Kinds)
        {
            foreach (var contestant in contestants.Where(contestant => contestant.Takes(kind)))
                await contestant.RunAsync(new(kind, Math.Max(LeastRows, rows / WarmUpShare)));
        }

        // By kind and not by contestant: those whose rates are divided by each other follow each other closely.
        var samples = Load.Kinds.ToDictionary(kind => kind, kind => contestants.Where(contestant => contestant.Takes(kind)).ToDictionary(c => c, _ => new List<LoadSample>()));
        for (var round = 0; round < rounds; round++)
        {
            foreach (var kind in Load.Kinds)
            {
                Progress.Say(FormattableString.Invariant($"{prefix}round {round + 1} of {rounds}, {Load.NameOf(kind)}"));
                foreach (var contestant in Rounds.Turn(contestants, round).Where(contestant => contestant.Takes(kind)))
                    samples[kind][contestant].Add(await contestant.RunAsync(new(kind, rows)));
            }
        }

        var rates = new Dictionary<LoadKind, Measure>();
        foreach (var kind in Load.Kinds)
        {
            rates[kind] = new(prefix + Load.NameOf(kind), "rows/s", kind == LoadKind.New ? Floor : Hand,
                [.. samples[kind].Select(s => LoadSample.ToRates(s.Key.Name, s.Value))]);
            results.Measures.Add(rates[kind]);
        }

        foreach (var kind in Load.Kinds)
        {
            results.Measures.Add(new($"{prefix}log, {Load.NameOf(kind)}", "bytes of WAL per row", null,
                [.. samples[kind].Select(s => new Series(s.Key.Name, [.. s.Value.Select(sample => sample.WalPerRow)]))]));
        }

        var goals = prefix.Length > 0 ? "large-" : "";
        AddGoals(goals, rates, results);
        results.Goals.Add(new($"{goals}same-wal (bytes)",
            samples[LoadKind.Same].Where(s => s.Key is Ours).Max(s => s.Value.Max(sample => sample.WalPerRow * rows)), 0, AtLeast: false));
    }

    private static void AddGoals(string prefix, Dictionary<LoadKind, Measure> rates, Results results)
    {
        foreach (var (name, kind, ours, other, limit) in ((string, LoadKind, string, string, double)[])
            [
                ("new (× floor)", LoadKind.New, Ours, Floor, 0.45),
                ("new-two (× floor)", LoadKind.New, Two, Floor, 0.7),
                ("same (× by hand)", LoadKind.Same, Ours, Hand, 1.6),
                ("same-two (× by hand)", LoadKind.Same, Two, Hand, 2.5),
                ("mixed (× by hand)", LoadKind.Mixed, Ours, Hand, 1.2),
                ("changed-two (× by hand)", LoadKind.Changed, Two, Hand, 1),
                ("new-c1 (× c1's statement, prepared)", LoadKind.New, Ours, C1, 2),
                ("changed-c1 (× c1's statement, prepared)", LoadKind.Changed, Ours, C1, 1.1),
                ("same-c1 (× c1's statement, prepared)", LoadKind.Same, Ours, C1, 4),
                ("mixed-c1 (× c1's statement, prepared)", LoadKind.Mixed, Ours, C1, 3),
            ])
            results.Goals.Add(new(prefix + name, rates[kind].Ratio(ours, other), limit, AtLeast: true));
    }
}
