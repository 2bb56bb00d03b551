using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Platform.ServiceDefaults;

/// <summary>The condition under which a change is wanted, RFC 9110 section 13.1.1.</summary>
public sealed class IfMatch
{
    private readonly IList<EntityTagHeaderValue>? _tags;

    private IfMatch(IList<EntityTagHeaderValue>? tags) => _tags = tags;

    public bool IsGiven => _tags is not null;

    public static IfMatch Of(HttpRequest request)
    {
        var header = request.Headers.IfMatch;
        if (header.Count == 0)
            return new(null);
        // What can't be read matches nothing: the caller meant a condition.
        return new(EntityTagHeaderValue.TryParseStrictList(header, out var tags) ? tags : []);
    }

    /// <param name="etag">Of what is there, with its quotes.</param>
    /// <returns>True also when no condition was given.</returns>
    public bool Holds(string etag)
    {
        if (_tags is null)
            return true;
        var current = new EntityTagHeaderValue(etag);
        return _tags.Any(tag => tag.Tag == "*" || tag.Compare(current, useStrongComparison: true));
    }
}
