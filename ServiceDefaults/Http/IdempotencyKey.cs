using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Platform.ServiceDefaults;

/// <summary>The header <c>Idempotency-Key</c> of a POST: the same key with the same request within a day does a thing once.</summary>
public static class IdempotencyKey
{
    public const string Header = "Idempotency-Key";

    private const int MaxLength = 255;

    /// <summary>Null when the caller gives none.</summary>
    /// <exception cref="ProblemException">400 <c>bad_idempotency_key</c>: more than one, or not 1 to 255 visible ASCII characters.</exception>
    public static string? Read(HttpContext context)
    {
        var given = context.Request.Headers[Header];
        if (given.Count == 0)
            return null;
        return given is [{ Length: > 0 and <= MaxLength } key] && key.All(c => c is > ' ' and <= '~')
            ? key
            : throw new ProblemException(new(
                "bad_idempotency_key", 400, "The idempotency key can't be used", $"{Header} is not one value of 1 to {MaxLength} visible ASCII characters.",
                "Send one key, such as a UUID, and the same one whenever the request is repeated."));
    }

    /// <summary>By which a repeated request is known from another one: what it asks for, however it is written.</summary>
    public static byte[] Hash<T>(T request) => SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(request, PlatformJson.Options));

    /// <summary>409 <c>idempotency_key_reused</c>.</summary>
    public static ProblemException Reused() => new(new(
        "idempotency_key_reused", 409, "The idempotency key belongs to another request", $"{Header} came with another request within the last 24 hours.",
        "Use a new key for a new request, and the same one only to repeat it unchanged."));
}
