using Microsoft.Extensions.Options;
using Npgsql;

namespace Platform.Ingest.Load;

/// <summary>
/// The sessions that loads write with, apart from the service's other ones: they keep their temporary tables when they go back to the pool,
/// and there are only so many, whatever the number of loads.
/// </summary>
internal sealed class LoadDatabase(IConfiguration configuration, IOptions<LoadOptions> options) : IAsyncDisposable
{
    // A plan that suits an empty table is a disaster when the table has grown within the same transaction. With these off there is
    // one plan left: look up by key, write by position.
    private const string Settings =
        "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c enable_bitmapscan=off -c jit=off " +
        "-c client_min_messages=warning -c lock_timeout=30s -c idle_in_transaction_session_timeout=120s";

    private readonly NpgsqlDataSource _source = new NpgsqlDataSourceBuilder(new NpgsqlConnectionStringBuilder(
        configuration.GetConnectionString(Databases.Ingest) ?? throw new InvalidOperationException($"ConnectionStrings:{Databases.Ingest} is missing"))
    {
        ApplicationName = "ingest-load",
        Options = Settings,
        NoResetOnClose = true,
        MaxPoolSize = options.Value.Sessions,
        // Loads queue for a session; how long is bounded by their callers, not by the pool.
        Timeout = 120,
        CommandTimeout = 120,
        WriteBufferSize = 64 << 10,
        MaxAutoPrepare = 30,
        AutoPrepareMinUsages = 2,
    }.ConnectionString).UsePhysicalConnectionInitializer(CreateTables, CreateTablesAsync).Build();

    public ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellation) => _source.OpenConnectionAsync(cancellation);

    /// <summary>Empties the temporary tables between two chunks of one transaction.</summary>
    public static async Task ClearTablesAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var clear = new NpgsqlBatch(connection) { BatchCommands = { new(Probe.Clear), new(Merge.Clear) } };
        await clear.ExecuteNonQueryAsync(cancellation);
    }

    private static void CreateTables(NpgsqlConnection connection) => throw new NotSupportedException("Loads open their sessions asynchronously.");

    private static async Task CreateTablesAsync(NpgsqlConnection connection)
    {
        await using var create = new NpgsqlBatch(connection) { BatchCommands = { new(Probe.CreateTable), new(Merge.CreateTable) } };
        await create.ExecuteNonQueryAsync();
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();
}
