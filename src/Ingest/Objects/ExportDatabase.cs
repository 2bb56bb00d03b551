using Microsoft.Extensions.Options;
using Npgsql;

namespace Platform.Ingest.Objects;

/// <summary>
/// The sessions of exports, without a time-out of commands: PostgreSQL sends the beginning of a COPY together with its first rows,
/// and a search may find none for long. Exports have a limit of their own.
/// </summary>
internal sealed class ExportDatabase(IConfiguration configuration, IOptions<ObjectsOptions> options) : IAsyncDisposable
{
    private readonly NpgsqlDataSource _source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(
        configuration.GetConnectionString(Databases.Ingest) ?? throw new InvalidOperationException($"ConnectionStrings:{Databases.Ingest} is missing"))
    {
        ApplicationName = "ingest-export",
        CommandTimeout = 0,
        MaxPoolSize = options.Value.Exports,
    });

    public ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellation) => _source.OpenConnectionAsync(cancellation);

    public ValueTask DisposeAsync() => _source.DisposeAsync();
}
