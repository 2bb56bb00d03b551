using Microsoft.AspNetCore.Builder;

namespace Platform.ServiceDefaults;

/// <summary>What the OpenApi document says of a route that its signature does not: metadata for <see cref="DescribeOperation"/>.</summary>
public static class RouteWords
{
    /// <summary>Codes of problems that this route answers, besides those that every route may.</summary>
    public static TBuilder WithErrors<TBuilder>(this TBuilder builder, params string[] codes)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new ErrorCodes(codes));

    /// <summary>A header that this route reads.</summary>
    public static TBuilder WithHeader<TBuilder>(this TBuilder builder, RequestHeader header)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(header);

    /// <summary>JSON of a body as a caller would send it.</summary>
    public static TBuilder WithExample<TBuilder>(this TBuilder builder, [System.Diagnostics.CodeAnalysis.StringSyntax("Json")] string body)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new BodyExample(body));

    /// <summary>JSON of an answer whose type says nothing of it.</summary>
    public static TBuilder WithAnswer<TBuilder>(this TBuilder builder, [System.Diagnostics.CodeAnalysis.StringSyntax("Json")] string answer)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new AnswerExample(answer));
}

/// <summary>Endpoint metadata of <see cref="RouteWords.WithHeader"/>.</summary>
public sealed record RequestHeader(string Name, string Description)
{
    public static readonly RequestHeader IdempotencyKey = new("Idempotency-Key", "The same key with the same body gives the first answer again, for 24 hours; with another body 409.");

    public static readonly RequestHeader LastEventId = new("Last-Event-ID", "Of a stream that broke: it goes on after that event.");
}

/// <summary>Endpoint metadata of <see cref="RouteWords.WithAnswer"/>.</summary>
public sealed record AnswerExample(string Answer);

/// <summary>Endpoint metadata of <see cref="RouteWords.WithErrors"/>.</summary>
public sealed record ErrorCodes(IReadOnlyList<string> Codes);

/// <summary>Endpoint metadata of <see cref="RouteWords.WithExample"/>.</summary>
public sealed record BodyExample(string Body);

/// <summary>Endpoint metadata that names a scope of the caller's token.</summary>
public interface INeedsScope
{
    string Scope { get; }
}
