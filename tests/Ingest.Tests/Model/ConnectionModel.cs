using System.Security.Cryptography;
using Google.Protobuf;
using Platform.Ingest.V1;
using PageObject = Platform.Objects.V1.Object;

namespace Platform.Ingest.Tests.Model;

/// <summary>A row as it must be. What the table adds to it, the checkers have noted when they saw it last.</summary>
internal sealed class ModelRow
{
    public required string ResourceName { get; set; }
    public required string Uri { get; set; }
    public required string Metadata { get; set; }
    public bool Deleted { get; set; }

    /// <summary>Of the transaction that wrote it last.</summary>
    public long Clock { get; set; }

    public ObjectRow? LastSeen { get; set; }
    public bool Written { get; set; } = true;
}

internal sealed record ModelState(byte[] State, Guid RunId, long Version);

/// <summary>A change that objects.changed is to tell of.</summary>
internal readonly record struct ModelChange(Guid RunId, ObjectKey Key, string Change);

/// <summary>
/// What a connection must be like, in memory: fed with what was committed, in that order. The same rules as the service's, without a
/// database, batches in flight or bitmaps.
/// </summary>
internal sealed class ConnectionModel(Guid connectionId)
{
    private long _clock;

    public Guid ConnectionId => connectionId;
    public Dictionary<ObjectKey, ModelRow> Rows { get; } = [];
    public Dictionary<string, ModelState> States { get; } = [];
    public List<ModelReject> Rejects { get; } = [];
    public List<ModelChange> Changes { get; } = [];
    public Dictionary<Guid, ModelRun> Runs { get; } = [];

    public void Open(Guid runId, bool startOver, bool notify)
    {
        if (!Runs.TryGetValue(runId, out var run))
            Runs.Add(runId, run = new() { RunId = runId });
        run.Opened = true;
        run.Notify = notify;
        if (startOver)
            run.StartOver();
        foreach (var other in Runs.Values.Where(other => other.RunId != runId))
            other.Superseded = true;
    }

    /// <summary>One transaction.</summary>
    /// <param name="chunkRows">After so many of its objects what follows is compared with the table anew; see Load:BatchRows.</param>
    public Counts[] Commit(Guid runId, IReadOnlyList<SentPage> pages, int chunkRows, int maxObjectBytes)
    {
        _clock++;
        var run = Runs[runId];
        var counts = pages.Select(_ => new Counts()).ToArray();
        var chunk = new List<(int Page, ObjectKey Key, PageObject? Upsert)>();
        var filled = 0;
        for (var page = 0; page < pages.Count; page++)
        {
            foreach (var o in pages[page].Objects)
            {
                if (filled >= chunkRows)
                {
                    Settle(run, chunk, counts);
                    filled = 0;
                }

                counts[page].Received++;
                var (reason, hasKey) = Storable.Of(o, pages[page].Deletes, maxObjectBytes);
                if (reason is not null)
                    Reject(run, pages[page].Stream, o, reason, hasKey, counts[page]);
                if (hasKey)
                    run.Seen.Add(new(pages[page].Stream, o.RemoteId.ToStringUtf8()));
                if (reason is null)
                    chunk.Add((page, new(pages[page].Stream, o.RemoteId.ToStringUtf8()), pages[page].Deletes ? null : o));
                // One that is rejected although its key is known takes the place of two.
                filled += reason is not null && hasKey ? 2 : 1;
            }
        }

        Settle(run, chunk, counts);
        foreach (var states in pages.Where(page => page.State is not null).GroupBy(page => page.Stream))
        {
            var (before, state) = (States.GetValueOrDefault(states.Key), states.Last().State!);
            if (before is null || !before.State.AsSpan().SequenceEqual(state))
                States[states.Key] = new(state, runId, before?.Version + 1 ?? 1);
        }

        foreach (var page in counts)
            run.Add(page);
        return counts;
    }

    public void Close(CloseRequest request)
    {
        var runId = Guid.Parse(request.Run.RunId);
        if (!Runs.TryGetValue(runId, out var run))
            Runs.Add(runId, run = new() { RunId = runId, Notify = request.NotifyChanges });
        run.Outcome = request.Outcome;
        run.Request = request;
        if (request.Outcome != Outcome.Succeeded)
            return;
        foreach (var stream in request.CompleteStreams.Distinct())
        {
            var alive = Rows.Where(row => row.Key.Stream == stream && !row.Value.Deleted).ToList();
            var unseen = alive.Count(row => !run.Seen.Contains(row.Key));
            var fraction = request.HasMaxDeleteFraction ? request.MaxDeleteFraction : 0.5;
            run.Sweeps[stream] = run.Unreadable.Contains(stream) ? "skipped"
                : alive.Count > 100 && unseen > fraction * alive.Count ? "held"
                : "swept";
        }

        foreach (var (stream, _) in run.Sweeps.Where(sweep => sweep.Value == "swept"))
            SweepStream(run, stream);
    }

    public void Sweep(Guid runId)
    {
        var run = Runs[runId];
        var held = run.Sweeps.Where(sweep => sweep.Value == "held").Select(sweep => sweep.Key).ToList();
        foreach (var stream in held)
        {
            SweepStream(run, stream);
            run.Sweeps[stream] = "swept";
        }

        run.SweptLater |= held.Count > 0;
    }

    private void SweepStream(ModelRun run, string stream)
    {
        _clock++;
        foreach (var (key, row) in Rows.Where(row => row.Key.Stream == stream && !row.Value.Deleted && !run.Seen.Contains(row.Key)))
        {
            Delete(run, key, row);
            run.Counts.Swept++;
        }
    }

    private void Reject(ModelRun run, string stream, PageObject o, string reason, bool hasKey, Counts counts)
    {
        counts.Rejected++;
        if (!hasKey)
            run.Unreadable.Add(stream);
        var raw = o.ToByteArray();
        Rejects.Add(new(
            run.RunId, stream, reason, Convert.ToHexString(o.RemoteId.Span[..Math.Min(o.RemoteId.Length, Storable.MaxKeyBytes)]), raw.Length,
            Convert.ToHexString(SHA256.HashData(raw)), Convert.ToHexString(reason == "object_too_large" ? raw.AsSpan(0, Math.Min(raw.Length, Storable.MaxKeptBytes)) : raw)));
    }

    private void Settle(ModelRun run, List<(int Page, ObjectKey Key, PageObject? Upsert)> chunk, Counts[] counts)
    {
        var last = new Dictionary<ObjectKey, int>();
        for (var i = 0; i < chunk.Count; i++)
            last[chunk[i].Key] = i;
        for (var i = 0; i < chunk.Count; i++)
        {
            var (page, key, upsert) = chunk[i];
            var row = Rows.GetValueOrDefault(key);
            if (last[key] != i)
                counts[page].Superseded++;
            else if (upsert is null && row is null or { Deleted: true })
                counts[page].Unchanged++;
            else if (upsert is null)
            {
                counts[page].Deleted++;
                Delete(run, key, row!);
            }
            else
                Upsert(run, key, row, upsert, counts[page]);
        }

        chunk.Clear();
    }

    private void Upsert(ModelRun run, ObjectKey key, ModelRow? row, PageObject o, Counts counts)
    {
        var (resourceName, uri, metadata) = (o.ResourceName.ToStringUtf8(), o.Uri.ToStringUtf8(), o.Metadata.ToStringUtf8());
        if (row is { Deleted: false } && (row.ResourceName, row.Uri, row.Metadata) == (resourceName, uri, metadata))
        {
            counts.Unchanged++;
            return;
        }

        if (row is null)
        {
            counts.Inserted++;
            Rows.Add(key, row = new() { ResourceName = resourceName, Uri = uri, Metadata = metadata });
            Note(run, key, row, "inserted");
            return;
        }

        counts.Updated++;
        (row.ResourceName, row.Uri, row.Metadata, row.Deleted) = (resourceName, uri, metadata, false);
        Note(run, key, row, "updated");
    }

    private void Delete(ModelRun run, ObjectKey key, ModelRow row)
    {
        row.Deleted = true;
        Note(run, key, row, "deleted");
    }

    private void Note(ModelRun run, ObjectKey key, ModelRow row, string change)
    {
        (row.Clock, row.Written) = (_clock, true);
        if (run.Notify)
            Changes.Add(new(run.RunId, key, change));
    }
}
