using System.Collections.Concurrent;
using System.Collections.Frozen;
using Npgsql;

namespace Platform.Gateway.Tokens;

/// <summary>
/// The usable tokens in memory, never older than <see cref="MaximumAge"/> when a request is judged: a revocation holds from then on,
/// for streams that are open too. Where the database can't be asked, requests are refused rather than judged by old news.
/// </summary>
internal sealed class TokenCache(TokenStore store, TimeProvider time) : IDisposable
{
    public static readonly TimeSpan MaximumAge = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan LoadWithin = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim loading = new(1, 1);
    private readonly ConcurrentDictionary<Guid, DateTimeOffset> uses = new();
    private readonly ConcurrentDictionary<HttpContext, ApiToken> open = new();
    private volatile Snapshot? current;

    /// <summary>Null: unknown or revoked. An expired token is found, so that the answer can say so.</summary>
    /// <exception cref="Platform.ServiceDefaults.ProblemException">503, when the tokens can't be loaded.</exception>
    public async ValueTask<ApiToken?> FindAsync(byte[] hash, CancellationToken cancel)
    {
        var snapshot = current;
        if (snapshot is null || IsOld(snapshot)) snapshot = await RefreshForRequestAsync(cancel);
        return snapshot.Tokens.GetValueOrDefault(Convert.ToHexString(hash));
    }

    public void Used(ApiToken token)
    {
        if (!token.IsIssued) uses[token.Id] = time.GetUtcNow();
    }

    /// <summary>While the result lives, the request is cut off as soon as its token is no longer usable.</summary>
    public IDisposable Guard(HttpContext context, ApiToken token)
    {
        open[context] = token;
        return new Registration(open, context);
    }

    public async Task RefreshAsync(CancellationToken cancel)
    {
        await loading.WaitAsync(cancel);
        try
        {
            await LoadAsync(cancel);
        }
        finally
        {
            loading.Release();
        }
    }

    public async Task SaveUsesAsync(CancellationToken cancel)
    {
        var batch = uses.ToDictionary();
        if (batch.Count == 0) return;
        await store.RecordUseAsync(batch, cancel);
        foreach (var use in batch) uses.TryRemove(use);
    }

    public void Dispose() => loading.Dispose();

    private async Task<Snapshot> RefreshForRequestAsync(CancellationToken cancel)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(LoadWithin);
        try
        {
            await loading.WaitAsync(deadline.Token);
            try
            {
                // Whoever held the lock may have done the work.
                return current is { } fresh && !IsOld(fresh) ? fresh : await LoadAsync(deadline.Token);
            }
            finally
            {
                loading.Release();
            }
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or OperationCanceledException && !cancel.IsCancellationRequested)
        {
            throw Errors.TokensUnavailable();
        }
    }

    private async Task<Snapshot> LoadAsync(CancellationToken cancel)
    {
        var from = time.GetTimestamp();
        var tokens = await store.LoadUsableAsync(cancel);
        var snapshot = new Snapshot(tokens.ToFrozenDictionary(token => Convert.ToHexString(token.Hash)), from);
        current = snapshot;
        var now = time.GetUtcNow();
        foreach (var (context, used) in open)
            if ((used.IsIssued ? used : snapshot.Tokens.GetValueOrDefault(Convert.ToHexString(used.Hash))) is not { } token || token.IsExpired(now))
                context.Abort();
        return snapshot;
    }

    private bool IsOld(Snapshot snapshot) => time.GetElapsedTime(snapshot.Timestamp) > MaximumAge;

    private sealed record Snapshot(FrozenDictionary<string, ApiToken> Tokens, long Timestamp);

    private sealed class Registration(ConcurrentDictionary<HttpContext, ApiToken> open, HttpContext context) : IDisposable
    {
        public void Dispose() => open.TryRemove(context, out _);
    }
}
