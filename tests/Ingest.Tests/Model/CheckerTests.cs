using Platform.Ingest.V1;
using Platform.Servers;

namespace Platform.Ingest.Tests.Model;

/// <summary>
/// Each checker against a service that is broken on purpose: a trigger takes one step away from it, or adds one. What the checkers say of the
/// same life without it is shown by the last test.
/// </summary>
public sealed class CheckerTests(ServersFixture servers) : IAsyncLifetime
{
    private readonly Guid _connectionId = Guid.CreateVersion7();
    private string _connectionString = "";
    private IngestHost _host = null!;
    private ObservedConnection _connection = null!;

    public async ValueTask InitializeAsync()
    {
        _connectionString = servers.PostgresConnectionString("ingest");
        _host = await IngestHost.StartAsync(_connectionString, settings: ("Logging:LogLevel:Default", "Error"));
        await Snapshot.PrepareAsync(_host.Database);
        _connection = new(_host.Database, _connectionId);
    }

    public async ValueTask DisposeAsync()
    {
        _connection.Dispose();
        await _host.DisposeAsync();
    }

    [Theory]
    [InlineData("I1", "an inserted row is lost", "BEFORE INSERT ON objects", "NEW.remote_id = 'n0'", "RETURN NULL;")]
    [InlineData("I1", "a changed row is not written", "BEFORE UPDATE ON objects", "NEW.remote_id = 'k5'", "RETURN NULL;")]
    [InlineData("I1", "a reject is lost", "BEFORE INSERT ON rejects", "true", "RETURN NULL;")]
    [InlineData("I1", "metadata is taken for what it is not", "BEFORE INSERT ON objects", "NEW.remote_id = 'n0'", "NEW.is_json := NOT NEW.is_json; RETURN NEW;")]
    [InlineData("I2", "an unchanged row is written again", "AFTER UPDATE ON connections", "true", "UPDATE objects SET uri = uri WHERE remote_id = 'k0'; RETURN NULL;")]
    [InlineData("I2", "a row comes from nowhere", "AFTER INSERT ON objects", "NEW.remote_id = 'n0'",
        "NEW.remote_id := 'ghost'; NEW.ordinal := NEW.ordinal + 1000; NEW.change_seq := NEW.change_seq + 1000; INSERT INTO objects SELECT NEW.*; RETURN NULL;")]
    [InlineData("I2", "a change does not raise change_seq", "BEFORE UPDATE ON objects", "NEW.remote_id = 'k5'", "NEW.change_seq := OLD.change_seq; RETURN NEW;")]
    [InlineData("I2", "two rows have one number", "BEFORE INSERT ON objects", "NEW.remote_id = 'n1'", "NEW.ordinal := NEW.ordinal - 1; RETURN NEW;")]
    [InlineData("I3", "a state is not saved", "BEFORE UPDATE ON states", "true", "RETURN NULL;")]
    [InlineData("I3", "a state is another run's", "BEFORE UPDATE ON states", "true", "NEW.run_id := OLD.run_id; RETURN NEW;")]
    [InlineData("I5", "a deleted row lives on", "BEFORE UPDATE ON objects", "NEW.remote_id = 'k8'", "NEW.deleted_at := NULL; RETURN NEW;")]
    [InlineData("I5", "a failed run deletes", "AFTER INSERT ON outcomes", "NEW.outcome = 'failed'", "UPDATE objects SET deleted_at = now() WHERE remote_id = 'k0'; RETURN NULL;")]
    [InlineData("I6", "a decision has no event", "BEFORE INSERT ON outbox", "NEW.type = 'sync.failed'", "RETURN NULL;")]
    [InlineData("I6", "changes are not told", "BEFORE INSERT ON outbox", "NEW.type = 'objects.changed'", "RETURN NULL;")]
    [InlineData("I6", "a change is told that was none", "BEFORE INSERT ON outbox", "NEW.type = 'objects.changed'", "NEW.body := replace(NEW.body, '\"k5\"', '\"k0\"'); RETURN NEW;")]
    [InlineData("I6", "two events have one id", "BEFORE INSERT ON outbox", "true", "NEW.id := '00000000-0000-0000-0000-000000000001'; RETURN NEW;")]
    [InlineData("I7", "objects are counted twice", "BEFORE UPDATE ON run_counts", "NEW.sequence > OLD.sequence",
        "NEW.received := NEW.received + 1; NEW.unchanged := NEW.unchanged + 1; RETURN NEW;")]
    [InlineData("I7", "the event counts otherwise than the table", "BEFORE INSERT ON outbox", "NEW.type = 'sync.completed'",
        "NEW.body := regexp_replace(NEW.body, '\"updated\": ?3', '\"updated\":4'); RETURN NEW;")]
    [InlineData("I7", "a decided run goes on counting", "BEFORE DELETE ON run_counts", "true", "RETURN NULL;")]
    public async Task A_broken_service_is_found_out(string invariant, string how, string when, string which, string what)
    {
        await BeforeAsync();
        await _host.ExecuteAsync($"""
            CREATE FUNCTION proof.sabotage() RETURNS trigger LANGUAGE plpgsql AS $sabotage$ BEGIN {what} END $sabotage$;
            CREATE TRIGGER sabotage {when} FOR EACH ROW {(which == "true" ? "" : $"WHEN ({which})")} EXECUTE FUNCTION proof.sabotage();
            """);

        var found = await Assert.ThrowsAsync<InvariantException>(AfterAsync);
        Assert.True(found.Invariant == invariant, $"{how}: {found.Message}");
    }

    [Fact]
    public async Task A_writer_that_was_overtaken_and_writes_is_found_out()
    {
        // Another process, as within one the newer load ends the older one's call.
        await using var other = await IngestHost.StartAsync(_connectionString, settings: ("Logging:LogLevel:Default", "Error"));
        await BeforeAsync();
        var run = Run();
        var stale = await _connection.OpenAsync(Replica, run, false, false);
        await _host.ExecuteAsync("CREATE FUNCTION proof.sabotage() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$; CREATE TRIGGER sabotage BEFORE UPDATE ON writers FOR EACH ROW EXECUTE FUNCTION proof.sabotage()");
        await _connection.OpenAsync(new(other.Ingest, IngestHost.Headers), run.Next(), false, false);
        await stale.SendAsync(new("", [Pages.Object("late")], Flush: true));
        await _connection.AckedAsync(stale);

        Assert.Equal("I4", (await Assert.ThrowsAsync<InvariantException>(_connection.CheckAsync)).Invariant);
    }

    [Fact]
    public async Task A_service_that_is_not_broken_passes()
    {
        await BeforeAsync();
        await AfterAsync();
    }

    private Replica Replica => new(_host.Ingest, IngestHost.Headers);

    private TestRun Run() => new TestRun(Guid.Empty, _connectionId, $"connection-{_connectionId}", 0).Next();

    private async Task BeforeAsync()
    {
        await RunAsync(Outcome.Succeeded, new SentPage("", [.. Enumerable.Range(0, 10).Select(i => Pages.Object($"k{i}"))], State: [1]));
        await _connection.CheckAsync();
    }

    /// <summary>Of every kind of change one: k5 to k7 change, k8 is deleted, k9 is swept, n0 and n1 are new, one can't be stored.</summary>
    private async Task AfterAsync()
    {
        await RunAsync(Outcome.Succeeded,
            new("", [.. Enumerable.Range(0, 8).Select(i => Pages.Object($"k{i}", i < 5 ? "{}" : "[]")), Pages.Object("n0"), Pages.Object("n1"), Pages.Object("k1", "a\0b")], State: [2]),
            new("", [Pages.Object("k8")], Deletes: true));
        await RunAsync(Outcome.Failed, new SentPage("", [Pages.Object("k1", "[]")]));
        await _connection.CheckAsync();
    }

    private async Task RunAsync(Outcome outcome, params SentPage[] pages)
    {
        var run = Run();
        var sender = await _connection.OpenAsync(Replica, run, startOver: true, notify: true);
        foreach (var page in pages)
            await sender.SendAsync(page with { Flush = true });
        await sender.EndAsync();
        await _connection.ResolveAsync();
        var request = new CloseRequest { Run = run.Identity, Outcome = outcome, CompleteStreams = { "" }, NotifyChanges = true };
        if (outcome == Outcome.Failed)
            request.Error = new() { Code = "connector_failed" };
        await _connection.CloseAsync(Replica, request);
    }
}
