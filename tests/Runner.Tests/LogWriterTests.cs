using Dapper;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using Platform.Runner.Logs;
using Platform.Servers;

namespace Platform.Runner.Tests;

/// <summary>The writer of logs over a real database.</summary>
public sealed class LogWriterTests(ServersFixture servers) : IAsyncLifetime
{
    private static readonly TimeSpan WriteLimit = TimeSpan.FromSeconds(20);
    private readonly Guid subject = Guid.CreateVersion7();
    private NpgsqlDataSource database = null!;
    private LogStore store = null!;

    public async ValueTask InitializeAsync()
    {
        DefaultTypeMap.MatchNamesWithUnderscores = true;
        database = NpgsqlDataSource.Create(servers.PostgresConnectionString("logs"));
        store = new(database);
        await using var session = await database.OpenConnectionAsync();
        await session.ExecuteAsync(await File.ReadAllTextAsync(Path.Combine(RepositoryFolderAttribute.Value, "src/Runner/Migrations/0004_logs.sql")));
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();

    [Fact]
    public async Task Lines_wait_while_the_database_is_away_and_none_is_lost()
    {
        using var writer = await StartAsync();
        var log = await writer.OpenAsync(subject, false, CancellationToken.None);
        await using var session = await database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await session.ExecuteAsync("alter table log_chunks rename to away");
        for (var i = 0; i < 2000; i++)
            log.Add(LogLevel.Information, LogSource.StandardError, $"line {i}");
        await log.CloseAsync(TimeSpan.FromMilliseconds(300));
        Assert.Equal(0, await session.ExecuteScalarAsync<int>("select count(*)::int from away"));

        await session.ExecuteAsync("alter table away rename to log_chunks");

        await Wait.ForAsync("all lines", async () => (await ReadAsync()).Count == 2000, WriteLimit);
        Assert.Equal(Enumerable.Range(0, 2000).Select(i => $"line {i}"), await ReadAsync());
        await writer.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Closing_stores_the_last_line_and_so_does_the_end_of_the_runner()
    {
        using var writer = await StartAsync();
        var log = await writer.OpenAsync(subject, false, CancellationToken.None);
        log.Add(LogLevel.Information, LogSource.StandardError, "closed \0");
        await log.CloseAsync(WriteLimit);
        Assert.Equal(["closed \uFFFD"], await ReadAsync());

        log.Add(LogLevel.Information, LogSource.StandardError, "stopped");
        await writer.StopAsync(CancellationToken.None);
        Assert.Equal(["closed \uFFFD", "stopped"], await ReadAsync());
    }

    [Fact]
    public async Task Two_that_write_the_same_log_lose_nothing_and_number_it_without_gaps()
    {
        using var one = await StartAsync();
        using var other = await StartAsync();
        SubjectLog[] logs = [await one.OpenAsync(subject, false, CancellationToken.None), await other.OpenAsync(subject, true, CancellationToken.None)];

        await Task.WhenAll(logs.Select(log => Task.Run(async () =>
        {
            for (var i = 0; i < 50; i++)
            {
                log.Add(LogLevel.Information, LogSource.StandardError, $"line {i}");
                await log.CloseAsync(WriteLimit);
            }
        })));

        var lines = await store.ReadAsync(subject, 0, null, 1000, CancellationToken.None);
        Assert.Equal(Enumerable.Range(1, 100), lines.Select(line => line.Line));
        Assert.Equal(50, lines.Select(line => line.Text).Distinct().Count());
    }

    [Fact]
    public async Task The_attempts_of_a_run_share_its_bounds()
    {
        using var writer = await StartAsync(new() { LogLines = 10 });
        foreach (var goesOn in (bool[])[false, true])
        {
            var log = await writer.OpenAsync(subject, goesOn, CancellationToken.None);
            for (var i = 0; i < 8; i++)
                log.Add(LogLevel.Information, LogSource.StandardError, "ordinary");
            for (var i = 0; i < 7; i++)
                log.Add(LogLevel.Error, LogSource.StandardError, "severe");
            await log.CloseAsync(WriteLimit);
        }

        var lines = await ReadAsync();
        Assert.Equal(10, lines.Count(line => line == "ordinary"));
        Assert.Equal(10, lines.Count(line => line == "severe"));
        Assert.StartsWith("Not kept: 6 ordinary lines, 4 warnings", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bytes_are_bounded_too_and_nobody_waits()
    {
        var writer = new LogWriter(store, Options.Create(new LogSettings { LogKilobytes = 64 }), NullLogger<LogWriter>.Instance);
        var log = await writer.OpenAsync(subject, false, CancellationToken.None);
        var line = new string('x', 10_000);

        // Nobody writes: the writer was never started.
        for (var i = 0; i < 100_000; i++)
            log.Add(LogLevel.Information, LogSource.StandardError, line);
        // It would fit, and stand as if nothing were missing before it.
        log.Add(LogLevel.Information, LogSource.StandardError, "short");
        await log.CloseAsync(WriteLimit);

        Assert.DoesNotContain("short", await ReadAsync());
        Assert.Equal(6, (await ReadAsync()).Count(text => text == line));
        Assert.Contains("Not kept: 99995 ordinary lines", (await ReadAsync())[^1], StringComparison.Ordinal);
        writer.Dispose();
    }

    [Fact]
    public async Task All_logs_together_hold_so_much_in_memory_and_what_was_stored_makes_room()
    {
        using var writer = new LogWriter(store, Options.Create(new LogSettings { LogKilobytes = 1 << 20 }), NullLogger<LogWriter>.Instance);
        SubjectLog[] logs = [await writer.OpenAsync(Guid.CreateVersion7(), false, CancellationToken.None), await writer.OpenAsync(subject, false, CancellationToken.None)];
        var line = new string('x', 50_000);

        for (var i = 0; i < 2000; i++)
            logs[0].Add(LogLevel.Information, LogSource.StandardError, line);
        logs[1].Add(LogLevel.Information, LogSource.StandardError, line);
        Assert.False(writer.TryHold(line.Length));
        foreach (var log in logs)
            await log.CloseAsync(WriteLimit);

        Assert.DoesNotContain(line, await ReadAsync());
        Assert.StartsWith("Not kept: 1 ordinary lines", (await ReadAsync())[^1], StringComparison.Ordinal);
        Assert.True(writer.TryHold((int)LogWriter.MaxWaitingBytes));
    }

    private async Task<IReadOnlyList<string>> ReadAsync() => [.. (await store.ReadAsync(subject, 0, null, 10_000, CancellationToken.None)).Select(line => line.Text)];

    private async Task<LogWriter> StartAsync(LogSettings? settings = null)
    {
        var writer = new LogWriter(store, Options.Create(settings ?? new LogSettings()), NullLogger<LogWriter>.Instance);
        await writer.StartAsync(CancellationToken.None);
        return writer;
    }
}
