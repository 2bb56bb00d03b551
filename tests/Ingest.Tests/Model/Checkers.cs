using System.Text.Json;
using Platform.Contracts;
using Platform.Ingest.V1;

namespace Platform.Ingest.Tests.Model;

/// <summary>An invariant of the platform does not hold; <see cref="Exception.Message"/> begins with its name, I1 to I7.</summary>
internal sealed class InvariantException(string invariant, string what) : Exception($"{invariant}: {what}")
{
    public string Invariant => invariant;
}

/// <summary>Each compares what a database has of a connection with what it must have; to be called when no answer is outstanding.</summary>
internal static class Checkers
{
    public static void All(Snapshot found, ConnectionModel model)
    {
        OnlyTheHolderWrites(found);
        NothingLost(found, model);
        OnlyWhatIsGoneIsDeleted(found, model);
        NothingInvented(found, model);
        StateWithItsData(found, model);
        EventsOfChanges(found, model);
        CountsBalance(found, model);
        Note(found, model);
    }

    public static void NothingLost(Snapshot found, ConnectionModel model)
    {
        var rows = found.Objects.ToDictionary(row => row.Key);
        foreach (var (key, expected) in model.Rows)
        {
            if (!rows.TryGetValue(key, out var row))
                throw new InvariantException("I1", $"{key} was committed and is not there");
            if ((row.ResourceName, row.Uri, row.Metadata) != (expected.ResourceName, expected.Uri, expected.Metadata))
                throw new InvariantException("I1", $"{key} is not as it was sent last");
            if (row.IsJson != row.ReadableAsJson)
                throw new InvariantException("I1", $"{key}: is_json is {row.IsJson}, but its metadata says {row.ReadableAsJson}");
        }

        SameBag("I1", "rejects", model.Rejects, found.Rejects);
    }

    public static void NothingInvented(Snapshot found, ConnectionModel model)
    {
        foreach (var row in found.Objects)
        {
            if (!model.Rows.TryGetValue(row.Key, out var expected))
                throw new InvariantException("I2", $"{row.Key} was never sent, or its page was never committed");
            if (expected.LastSeen is { } before && row.Ordinal != before.Ordinal)
                throw new InvariantException("I2", $"{row.Key} had the ordinal {before.Ordinal} and has {row.Ordinal}");
            if (!expected.Written && (row.Xmin, row.ChangeSeq) != (expected.LastSeen!.Xmin, expected.LastSeen.ChangeSeq))
                throw new InvariantException("I2", $"{row.Key} was written although nothing about it changed");
            if (expected.Written && expected.LastSeen is { } last && row.ChangeSeq <= last.ChangeSeq)
                throw new InvariantException("I2", $"{row.Key} changed and its change_seq did not rise above {last.ChangeSeq}");
        }

        var bySeq = found.Objects.OrderBy(row => row.ChangeSeq).ToList();
        for (var i = 1; i < bySeq.Count; i++)
        {
            if (bySeq[i].ChangeSeq == bySeq[i - 1].ChangeSeq)
                throw new InvariantException("I2", $"{bySeq[i].Key} and {bySeq[i - 1].Key} have one change_seq");
            if (model.Rows[bySeq[i].Key].Clock < model.Rows[bySeq[i - 1].Key].Clock)
                throw new InvariantException("I2", $"{bySeq[i].Key} has a higher change_seq than {bySeq[i - 1].Key}, which changed later");
        }

        if (bySeq.Count > 0 && bySeq[^1].ChangeSeq > found.ChangeSeq)
            throw new InvariantException("I2", "a row has a change_seq above the connection's");
        if (found.Objects.Select(row => row.Ordinal).Distinct().Count() < found.Objects.Count || found.Objects.Any(row => row.Ordinal < 1 || row.Ordinal > found.LastOrdinal))
            throw new InvariantException("I2", "ordinals are not unique, or not between 1 and the connection's last one");
    }

    public static void StateWithItsData(Snapshot found, ConnectionModel model)
    {
        foreach (var row in found.States)
            if (!model.States.TryGetValue(row.Stream, out var expected) || !row.State.AsSpan().SequenceEqual(expected.State) || row.RunId != expected.RunId || row.Version != expected.Version)
                throw new InvariantException("I3", $"the state of '{row.Stream}' is not that of the last committed page that carried one");
        if (found.States.Count < model.States.Count)
            throw new InvariantException("I3", "a state is missing whose page was committed");
    }

    /// <summary>Needs no model: the ledger says who had the connection at each commit.</summary>
    public static void OnlyTheHolderWrites(Snapshot found)
    {
        var (holder, fence) = (Guid.Empty, 0L);
        var closed = new HashSet<Guid>();
        foreach (var row in found.Ledger)
        {
            switch (row.Kind)
            {
                case "open" when row.Fence < fence || closed.Contains(row.RunId):
                    throw new InvariantException("I4", $"a load opened under the fence {row.Fence} after {fence}, or for a closed run");
                case "open":
                    (holder, fence) = (row.LoadId, row.Fence);
                    break;
                case "batch" when row.LoadId != holder || closed.Contains(row.RunId):
                    throw new InvariantException("I4", $"a load under the fence {row.Fence} wrote although the connection had gone to {fence}, or its run was closed");
                case "close" when !closed.Add(row.RunId):
                    throw new InvariantException("I4", $"run {row.RunId} was decided twice");
            }
        }
    }

    public static void OnlyWhatIsGoneIsDeleted(Snapshot found, ConnectionModel model)
    {
        foreach (var row in found.Objects)
            if (model.Rows.TryGetValue(row.Key, out var expected) && row.Deleted != expected.Deleted)
                throw new InvariantException("I5", row.Deleted ? $"{row.Key} is deleted and nobody deleted it" : $"{row.Key} is not deleted although it was deleted or swept");
    }

    public static void EventsOfChanges(Snapshot found, ConnectionModel model)
    {
        if (found.Events.Select(e => e.Id).Distinct().Count() < found.Events.Count)
            throw new InvariantException("I6", "two events have one id");
        var decisions = model.Runs.Values.Where(run => run.Outcome != Outcome.Unspecified).Select(run => (run.RunId, TypeOf(run.Outcome)))
            .Concat(model.Runs.Values.Where(run => run.SweptLater).Select(run => (run.RunId, EventTypes.SyncSwept)));
        SameBag("I6", "decisions", decisions, found.Events.Where(e => e.Type != EventTypes.ObjectsChanged).Select(e => (e.RunId, e.Type)));

        var told = new List<ModelChange>();
        foreach (var e in found.Events.Where(e => e.Type == EventTypes.ObjectsChanged))
        {
            var changes = e.Body.GetProperty("changes").EnumerateArray().ToList();
            if (changes.Count is 0 or > ObjectsChanged.MaxChanges)
                throw new InvariantException("I6", $"an event tells of {changes.Count} changes");
            told.AddRange(changes.Select(change => new ModelChange(
                e.RunId, new(e.Body.GetProperty("stream").GetString()!, change.GetProperty("remote_id").GetString()!), change.GetProperty("change").GetString()!)));
        }

        // In order for each object; within a transaction there is none between objects.
        var heard = told.ToLookup(change => change.Key);
        var happened = model.Changes.ToLookup(change => change.Key);
        foreach (var key in happened.Select(changes => changes.Key).Union(heard.Select(changes => changes.Key)))
            if (!heard[key].SequenceEqual(happened[key]))
                throw new InvariantException("I6", $"objects.changed tells of {key}: {Kinds(heard[key])}; what happened: {Kinds(happened[key])}");
    }

    public static void CountsBalance(Snapshot found, ConnectionModel model)
    {
        foreach (var run in model.Runs.Values)
        {
            var expected = run.Counts;
            var isOpen = run.Outcome == Outcome.Unspecified;
            if (found.RunCounts.TryGetValue(run.RunId, out var counting) != (isOpen && run.Opened))
                throw new InvariantException("I7", $"run {run.RunId} is {(isOpen ? "open and has no" : "closed and has still")} counts of its own");
            if (isOpen)
            {
                Same(run, "run_counts", expected, counting);
                continue;
            }

            if (!found.Outcomes.TryGetValue(run.RunId, out var outcome) || outcome.Outcome != run.Outcome.ToString().ToLowerInvariant())
                throw new InvariantException("I7", $"run {run.RunId} is not {run.Outcome} in the table");
            Same(run, "outcomes", expected, outcome.Counts);
            var last = found.Events.Where(e => e.RunId == run.RunId && e.Type != EventTypes.ObjectsChanged).MaxBy(e => e.Seq)
                ?? throw new InvariantException("I6", $"run {run.RunId} is decided and has no event");
            Same(run, last.Type, expected, Of(last.Body.GetProperty("counts")));
        }

        if (found.Outcomes.Keys.Concat(found.RunCounts.Keys).Any(run => !model.Runs.ContainsKey(run)))
            throw new InvariantException("I7", "there are counts of a run that never was");
    }

    /// <summary>What the next check compares with.</summary>
    public static void Note(Snapshot found, ConnectionModel model)
    {
        foreach (var row in found.Objects)
            (model.Rows[row.Key].LastSeen, model.Rows[row.Key].Written) = (row, false);
    }

    private static void Same(ModelRun run, string where, Counts expected, Tally found)
    {
        if (!found.Balances)
            throw new InvariantException("I7", $"the counts of run {run.RunId} in {where} do not balance: {found.ToCounts()}");
        if (!found.ToCounts().Equals(expected))
            throw new InvariantException("I7", $"run {run.RunId} has in {where} {found.ToCounts()}, and it should be {expected}");
    }

    private static void SameBag<T>(string invariant, string what, IEnumerable<T> expected, IEnumerable<T> found)
        where T : notnull
    {
        var difference = expected.CountBy(one => one).ToDictionary();
        foreach (var one in found)
            difference[one] = difference.GetValueOrDefault(one) - 1;
        var wrong = difference.Where(one => one.Value != 0).ToList();
        if (wrong.Count > 0)
            throw new InvariantException(invariant, $"{what}: {string.Join("; ", wrong.Take(3).Select(one => $"{one.Key} {(one.Value > 0 ? "is missing" : "is too much")}"))}");
    }

    private static string Kinds(IEnumerable<ModelChange> changes) => string.Join(", ", changes.Select(change => change.Change));

    private static string TypeOf(Outcome outcome) => outcome switch
    {
        Outcome.Succeeded => EventTypes.SyncCompleted,
        Outcome.Failed => EventTypes.SyncFailed,
        _ => EventTypes.SyncCancelled,
    };

    private static Tally Of(JsonElement counts) => new()
    {
        Received = counts.GetProperty("received").GetInt64(),
        Inserted = counts.GetProperty("inserted").GetInt64(),
        Updated = counts.GetProperty("updated").GetInt64(),
        Unchanged = counts.GetProperty("unchanged").GetInt64(),
        Deleted = counts.GetProperty("deleted").GetInt64(),
        Rejected = counts.GetProperty("rejected").GetInt64(),
        Superseded = counts.GetProperty("superseded").GetInt64(),
        Swept = counts.GetProperty("swept").GetInt64(),
    };
}
