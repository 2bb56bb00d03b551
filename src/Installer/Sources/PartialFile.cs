using System.Net.Http.Headers;
using System.Security.Cryptography;

namespace Platform.Installer.Sources;

/// <summary>A download as far as it has come, and what is needed to go on with it.</summary>
internal sealed class PartialFile(string path) : IAsyncDisposable
{
    /// <summary>A change within the clock's second can't be told from none (RFC 9110, 8.8.2.2); a minute also allows for two clocks.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromMinutes(1);

    private readonly FileStream _file = new(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public long Received { get; private set; }

    /// <summary>Bytes of the whole; null as long as the server has not said it.</summary>
    public long? Total { get; set; }

    /// <summary>What tells the server that it is still the same file; null: it must begin anew.</summary>
    public RangeConditionHeaderValue? Validator { get; private set; }

    /// <summary>Takes over what the server says of the file that begins now.</summary>
    public void Begin(HttpResponseMessage response)
    {
        Restart();
        Total = response.Content.Headers.ContentLength ?? Total;
        if (response.Headers.ETag is { IsWeak: false } tag) Validator = new(tag);
        else if (response.Content.Headers.LastModified is { } modified && response.Headers.Date is { } date && date - modified >= Settled) Validator = new(modified);
    }

    public void Restart()
    {
        _file.SetLength(0);
        _file.Position = 0;
        _ = _hash.GetHashAndReset();
        Received = 0;
        Validator = null;
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        _file.Write(bytes);
        _hash.AppendData(bytes);
        Received += bytes.Length;
    }

    /// <summary>64 lower-case hex digits; ends the hash.</summary>
    public string Sha256() => Convert.ToHexStringLower(_hash.GetHashAndReset());

    public async ValueTask DisposeAsync()
    {
        _hash.Dispose();
        await _file.DisposeAsync();
    }
}
