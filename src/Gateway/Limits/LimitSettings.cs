using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Platform.Gateway.Limits;

/// <summary>What callers may take of the gateway: the section <c>Limits</c> of its configuration, read at start. Each replica counts for itself.</summary>
internal sealed class LimitSettings
{
    public const string Section = "Limits";

    /// <summary>Requests a second of one token, in the long run.</summary>
    [Range(0.1, 1_000_000)]
    public double RequestsPerSecond { get; init; } = 300;

    /// <summary>Requests that a token may have saved up.</summary>
    [Range(1, 1_000_000)]
    public int Burst { get; init; } = 1_500;

    /// <summary>Refused credentials a second from one address (of IPv6: one network of 64 bits), in the long run.</summary>
    [Range(0.01, 1_000_000)]
    public double FailuresPerSecond { get; init; } = 5;

    /// <summary>Refused credentials that an address may have saved up.</summary>
    [Range(1, 1_000_000)]
    public int FailureBurst { get; init; } = 200;

    /// <summary>Requests that are answered at a time, streams and waiting ones aside.</summary>
    [Range(1, 100_000)]
    public int Concurrency { get; init; } = 256;

    /// <summary>Requests that wait for their turn.</summary>
    [Range(0, 1_000_000)]
    public int Queue { get; init; } = 1_024;

    /// <summary>Seconds that one waits at most.</summary>
    [Range(0.1, 600)]
    public double QueueSeconds { get; init; } = 10;

    /// <summary>Streams and requests that wait for something to happen, at a time, over all tokens.</summary>
    [Range(1, 1_000_000)]
    public int Streams { get; init; } = 20_000;

    /// <summary>The same of one token.</summary>
    [Range(1, 1_000_000)]
    public int StreamsPerToken { get; init; } = 1_000;

    /// <summary>Connections at a time.</summary>
    [Range(1, 1_000_000)]
    public long Connections { get; init; } = 30_000;

    /// <summary>Bytes of a body. Options of 256 KiB fit in the default, however their JSON is escaped; the services take no more than that.</summary>
    [Range(1_024, 2 * 1024 * 1024)]
    public long BodyBytes { get; init; } = 2 * 1024 * 1024;

    /// <summary>Bytes of all headers together.</summary>
    [Range(1_024, 1024 * 1024)]
    public int HeaderBytes { get; init; } = 32 * 1024;

    /// <summary>Seconds within which the headers of a request are sent.</summary>
    [Range(1, 600)]
    public double HeaderSeconds { get; init; } = 15;

    /// <summary>Seconds that a connection without a request stays open.</summary>
    [Range(1, 3_600)]
    public double IdleSeconds { get; init; } = 130;

    /// <summary>Seconds without a byte of the service's answer, but for streams and what waits.</summary>
    [Range(1, 3_600)]
    public double AnswerSeconds { get; init; } = 60;

    public void ApplyTo(KestrelServerLimits server)
    {
        server.MaxConcurrentConnections = Connections;
        server.MaxRequestBodySize = BodyBytes;
        server.MaxRequestHeadersTotalSize = HeaderBytes;
        server.MaxRequestHeaderCount = 100;
        server.RequestHeadersTimeout = TimeSpan.FromSeconds(HeaderSeconds);
        server.KeepAliveTimeout = TimeSpan.FromSeconds(IdleSeconds);
    }
}
