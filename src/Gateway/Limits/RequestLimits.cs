using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;
using Platform.Gateway.Tokens;
using Platform.ServiceDefaults;

namespace Platform.Gateway.Limits;

/// <summary>How much of the gateway is taken at this moment, by whom. Counters of those who don't call go after some seconds.</summary>
internal sealed class RequestLimits : IDisposable
{
    private readonly LimitSettings settings;
    private readonly PartitionedRateLimiter<ApiToken> rate;
    private readonly PartitionedRateLimiter<ApiToken> streamsOfToken;
    private readonly PartitionedRateLimiter<IPAddress> failures;
    private readonly ConcurrencyLimiter requests;
    private readonly ConcurrencyLimiter streams;

    public RequestLimits(IOptions<LimitSettings> options)
    {
        settings = options.Value;
        rate = PartitionedRateLimiter.Create<ApiToken, Guid>(token => RateLimitPartition.GetTokenBucketLimiter(token.Id, _ => Bucket(settings.RequestsPerSecond, settings.Burst)));
        failures = PartitionedRateLimiter.Create<IPAddress, IPAddress>(address =>
            RateLimitPartition.GetTokenBucketLimiter(NetworkOf(address), _ => Bucket(settings.FailuresPerSecond, settings.FailureBurst)));
        requests = new(new() { PermitLimit = settings.Concurrency, QueueLimit = settings.Queue, QueueProcessingOrder = QueueProcessingOrder.OldestFirst });
        streams = new(new() { PermitLimit = settings.Streams });
        streamsOfToken = PartitionedRateLimiter.Create<ApiToken, Guid>(token =>
            RateLimitPartition.GetConcurrencyLimiter(token.Id, _ => new() { PermitLimit = settings.StreamsPerToken }));
    }

    /// <summary>One more request of the token.</summary>
    /// <exception cref="ProblemException">429 <c>rate_limited</c>.</exception>
    public void Count(ApiToken token)
    {
        using var lease = rate.AttemptAcquire(token);
        if (!lease.IsAcquired) throw Errors.RateLimited($"The token {token.Name} makes more than {settings.RequestsPerSecond:0.##} requests a second.", RetryAfter(lease));
    }

    /// <summary>Credentials from there were refused once more.</summary>
    /// <param name="address">Null, where there is none, is one address.</param>
    /// <exception cref="ProblemException">429 <c>too_many_failures</c>, instead of what was to be said of the credentials.</exception>
    public void CountFailure(IPAddress? address)
    {
        using var lease = failures.AttemptAcquire(address ?? IPAddress.None);
        if (!lease.IsAcquired) throw Errors.TooManyFailures(RetryAfter(lease));
    }

    /// <summary>A place among the requests that are being answered; one may have to wait for it.</summary>
    /// <exception cref="ProblemException">503 <c>gateway_busy</c>.</exception>
    public async ValueTask<RateLimitLease> EnterAsync(CancellationToken cancel)
    {
        var lease = requests.AttemptAcquire();
        if (lease.IsAcquired) return lease;
        lease.Dispose();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(TimeSpan.FromSeconds(settings.QueueSeconds));
        try
        {
            lease = await requests.AcquireAsync(cancellationToken: patience.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw Errors.GatewayBusy($"{settings.Concurrency} requests are being answered, and none ended within {settings.QueueSeconds:0.#} s.");
        }
        if (lease.IsAcquired) return lease;
        lease.Dispose();
        throw Errors.GatewayBusy($"{settings.Concurrency} requests are being answered, and {settings.Queue} wait.");
    }

    /// <summary>A place among the streams; nobody waits for one.</summary>
    /// <exception cref="ProblemException">429 <c>too_many_streams</c>, 503 <c>gateway_busy</c>.</exception>
    public IDisposable EnterStream(ApiToken token)
    {
        var own = streamsOfToken.AttemptAcquire(token);
        if (!own.IsAcquired)
        {
            own.Dispose();
            throw Errors.TooManyStreams(token.Name, settings.StreamsPerToken);
        }
        var any = streams.AttemptAcquire();
        if (any.IsAcquired) return new Both(own, any);
        any.Dispose();
        own.Dispose();
        throw Errors.GatewayBusy($"{settings.Streams} streams are open.");
    }

    public void Dispose()
    {
        rate.Dispose();
        failures.Dispose();
        requests.Dispose();
        streams.Dispose();
        streamsOfToken.Dispose();
    }

    /// <summary>A bucket that is filled some ten times a second, or by one for each that is due when that is more seldom.</summary>
    internal static TokenBucketRateLimiterOptions Bucket(double perSecond, int burst)
    {
        var atOnce = Math.Clamp((int)(perSecond / 10), 1, burst);
        return new() { TokenLimit = burst, TokensPerPeriod = atOnce, ReplenishmentPeriod = TimeSpan.FromSeconds(atOnce / perSecond) };
    }

    private static int RetryAfter(RateLimitLease lease) =>
        lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? Math.Max(1, (int)Math.Ceiling(after.TotalSeconds)) : 1;

    // Whoever has one IPv6 address has 2^64 of them.
    private static IPAddress NetworkOf(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6 || address.IsIPv4MappedToIPv6) return address;
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new(bytes);
    }

    private sealed class Both(IDisposable own, IDisposable any) : IDisposable
    {
        public void Dispose()
        {
            any.Dispose();
            own.Dispose();
        }
    }
}
