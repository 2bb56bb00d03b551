namespace Platform.ServiceDefaults;

/// <summary>One failure as the caller sees it: RFC 9457 problem details over HTTP, a status with the same content over gRPC.</summary>
/// <param name="Code">Stable snake_case name; callers may branch on it.</param>
/// <param name="Status">HTTP status, 400 to 599; the gRPC status follows from it by one table.</param>
/// <param name="Title">What happened, the same words for every occurrence of the code.</param>
/// <param name="Detail">This occurrence: which thing, where. Never secrets.</param>
/// <param name="Remedy">What the caller or operator can do; null where nothing is known to help.</param>
/// <param name="Errors">Every failing field of the input at once; null or empty when the failure is not about fields.</param>
/// <param name="Extensions">
/// Further members of the body, snake_case names. <c>location</c> (a path) is sent as the Location header too, <c>retry_after</c> (an int, seconds) as Retry-After; <c>instance</c> is RFC 9457's.
/// </param>
public sealed record Problem(
    string Code,
    int Status,
    string Title,
    string Detail,
    string? Remedy = null,
    IReadOnlyList<FieldError>? Errors = null,
    IReadOnlyDictionary<string, object?>? Extensions = null)
{
    /// <summary>Of answers between services and the gateway, which takes it off: the code, for whom the body is only passed on.</summary>
    public const string CodeHeader = "X-Platform-Problem";
}

/// <summary>One failing field of an input.</summary>
/// <param name="Field">Path of the field as the caller wrote it, such as <c>install_command</c>.</param>
/// <param name="Code">Stable snake_case name of what is wrong.</param>
/// <param name="Message">What is wrong, and what would be right.</param>
public sealed record FieldError(string Field, string Code, string Message);
