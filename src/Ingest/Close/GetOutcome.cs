using Npgsql;
using Platform.Ingest.Load;
using Platform.Ingest.V1;

namespace Platform.Ingest.Close;

/// <summary>The standing outcome of a run: what whoever finds an expired lease asks first.</summary>
internal sealed class GetOutcome(NpgsqlDataSource database, Retries retries)
{
    public async Task<GetOutcomeReply> RunAsync(GetOutcomeRequest request, CancellationToken cancellation)
    {
        if (!Guid.TryParse(request.RunId, out var runId))
            throw Errors.BadIdentity([new("run_id", "invalid_uuid", "must be a UUID")]);
        var outcome = await retries.RunAsync(async token =>
        {
            await using var connection = await database.OpenConnectionAsync(token);
            return await StoredOutcome.FindAsync(connection, runId, token);
        }, cancellation);
        return new() { Outcome = outcome?.ToMessage() };
    }
}
