using System.Net;
using System.Net.Sockets;
using Npgsql;
using Platform.Ingest.V1;
using Platform.Servers;

namespace Platform.Ingest.Tests.Load;

public sealed class FaultTests(ServersFixture servers)
{
    private readonly TestRun _run = TestRun.New();

    [Fact]
    public async Task A_terminated_session_loses_nothing_and_counts_nothing_twice()
    {
        await using var host = await IngestHost.StartAsync(servers.PostgresConnectionString("ingest"));
        using var session = await host.OpenAsync(_run);
        await session.LoadAsync(Pages.Range("a-", 0, 10));
        await using (await host.LockAsync(_run))
        {
            await session.SendAsync(Pages.Range("b-", 0, 10), flush: true);
            await host.ExecuteAsync("SELECT pg_terminate_backend($1)", await host.WaitForBlockedLoadAsync());
        }

        Assert.Equal(new Counts { Received = 10, Inserted = 10 }, await session.AckAsync(2));
        // Every idle session as well: the pool hands out dead ones.
        await host.ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name <> $1", IngestHost.TestApplication);
        Assert.Equal(5, (await session.LoadAsync(Pages.Range("c-", 0, 5))).Inserted);
        await session.EndAsync();
        Assert.Equal(new Counts { Received = 25, Inserted = 25 }, (await host.CloseAsync(_run)).Counts);
        Assert.Equal(25L, await host.QueryAsync<long>("SELECT count(*) FROM objects"));
    }

    [Fact]
    public async Task A_commit_whose_answer_is_lost_counts_once()
    {
        var direct = servers.PostgresConnectionString("ingest");
        await using var wire = new CutWire(new NpgsqlConnectionStringBuilder(direct));
        await using var host = await IngestHost.StartAsync(wire.ConnectionString);
        using var session = await host.OpenAsync(_run);
        await session.LoadAsync(Pages.Range("a-", 0, 10));
        wire.LoseNextCommitAnswer();
        Assert.Equal(new Counts { Received = 10, Inserted = 10 }, await session.LoadAsync(Pages.Range("b-", 0, 10)));
        Assert.Equal(1, wire.Lost);

        wire.LoseNextCommitAnswer();
        Assert.Equal(new Counts { Received = 20, Inserted = 20 }, (await host.CloseAsync(_run)).Counts);
        Assert.Equal(2, wire.Lost);
        Assert.Equal(1L, await host.QueryAsync<long>("SELECT count(*) FROM outbox"));
    }

    [Fact]
    public async Task A_batch_that_is_given_again_after_its_call_broke_is_unchanged_and_counted_as_received_again()
    {
        await using var host = await IngestHost.StartAsync(servers.PostgresConnectionString("ingest"));
        using (var broken = await host.OpenAsync(_run))
            await broken.LoadAsync(Pages.Range("a-", 0, 10));
        using var again = await host.OpenAsync(_run.Again());
        Assert.Equal(new Counts { Received = 10, Unchanged = 10 }, await again.LoadAsync(Pages.Range("a-", 0, 10)));
    }

    [Fact]
    public async Task A_database_that_stays_away_ends_the_load_with_a_remedy()
    {
        var direct = servers.PostgresConnectionString("ingest");
        await using var wire = new CutWire(new NpgsqlConnectionStringBuilder(direct));
        await using var host = await IngestHost.StartAsync(wire.ConnectionString, settings: ("Load:RetryFor", "00:00:01"));
        using var session = await host.OpenAsync(_run);
        wire.Refuse();
        await session.SendAsync(Pages.Range("a-", 0, 10), flush: true);
        Assert.Equal((Grpc.Core.StatusCode.Unavailable, "database_unavailable"), await session.FailureAsync());
    }

    [Fact]
    public async Task A_sender_is_held_back_while_the_database_does_not_take_its_pages()
    {
        const int PageBytes = 1 << 20;
        const int Sent = 100;
        await using var host = await IngestHost.StartAsync(servers.PostgresConnectionString("ingest"), settings: ("Load:BufferBytes", $"{8 * PageBytes}"));
        using var session = await host.OpenAsync(_run);
        var through = 0;
        Task sending;
        await using (await host.LockAsync(_run))
        {
            sending = Task.Run(async () =>
            {
                for (var page = 0; page < Sent; page++)
                {
                    await session.SendAsync(Pages.Range($"{page}-", 0, 1, new string('x', PageBytes)));
                    Interlocked.Increment(ref through);
                }
            }, TestContext.Current.CancellationToken);
            await host.WaitForBlockedLoadAsync();
            await SettledAsync(() => Volatile.Read(ref through));
            // The buffer, one message above it, the windows of HTTP/2 and what sockets hold.
            Assert.InRange(through, 8, 40);
        }

        await sending;
        for (var page = 1UL; page <= Sent; page++)
            Assert.Equal(1, (await session.AckAsync(page)).Inserted);
    }

    /// <summary>Waits until a number has stood still for a while.</summary>
    private static async Task SettledAsync(Func<int> read)
    {
        var still = TimeSpan.FromSeconds(1);
        using var timer = new PeriodicTimer(still);
        var last = -1;
        while (read() is var now && now != last)
        {
            last = now;
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }

    /// <summary>A wire to PostgreSQL that can be cut: after a commit went through and before its answer came, or altogether.</summary>
    private sealed class CutWire : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly CancellationTokenSource _stop = new();
        private readonly string _host;
        private readonly int _port;
        private int _armed;
        private volatile bool _refuse;

        public CutWire(NpgsqlConnectionStringBuilder target)
        {
            (_host, _port) = (target.Host!, target.Port);
            _listener.Start();
            ConnectionString = new NpgsqlConnectionStringBuilder(target.ConnectionString)
            {
                Host = "127.0.0.1",
                Port = ((IPEndPoint)_listener.LocalEndpoint).Port,
                SslMode = SslMode.Disable,
                GssEncryptionMode = GssEncryptionMode.Disable,
            }.ConnectionString;
            _ = AcceptAsync();
        }

        public string ConnectionString { get; }

        public int Lost { get; private set; }

        public void LoseNextCommitAnswer() => Volatile.Write(ref _armed, 1);

        public void Refuse() => _refuse = true;

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            _listener.Stop();
        }

        private async Task AcceptAsync()
        {
            try
            {
                while (true)
                {
                    var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                    _ = CarryAsync(client);
                }
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }

        private async Task CarryAsync(TcpClient client)
        {
            using var server = new TcpClient();
            using (client)
            {
                try
                {
                    if (_refuse)
                        return;
                    await server.ConnectAsync(_host, _port, _stop.Token);
                    var lose = new TaskCompletionSource();
                    await Task.WhenAny(PumpAsync(client.GetStream(), server.GetStream(), lose, null), PumpAsync(server.GetStream(), client.GetStream(), null, lose.Task));
                }
                catch (Exception e) when (e is OperationCanceledException or IOException or SocketException)
                {
                    // A cut wire tells nobody why.
                }
            }
        }

        private async Task PumpAsync(NetworkStream from, NetworkStream to, TaskCompletionSource? commits, Task? cut)
        {
            var buffer = new byte[64 << 10];
            int read;
            while ((read = await from.ReadAsync(buffer, _stop.Token)) > 0 && !_refuse)
            {
                // The simple query that Npgsql ends a transaction with.
                if (commits is not null && buffer.AsSpan(0, read).IndexOf("COMMIT\0"u8) >= 0 && Interlocked.Exchange(ref _armed, 0) == 1)
                    commits.SetResult();
                if (cut is { IsCompleted: true })
                {
                    Lost++;
                    return;
                }

                await to.WriteAsync(buffer.AsMemory(0, read), _stop.Token);
            }
        }
    }
}
