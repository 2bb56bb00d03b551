using Microsoft.Net.Http.Headers;

namespace Platform.Ingest.States;

/// <summary>The condition under which a change is wanted, RFC 9110 section 13.1.1.</summary>
internal sealed class IfMatch
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

    /// <exception cref="ServiceDefaults.ProblemException">412 etag_mismatch.</exception>
    public void Check(string etag)
    {
        if (_tags is null)
            return;
        var current = new EntityTagHeaderValue(etag);
        foreach (var tag in _tags)
            if (tag.Tag == "*" || tag.Compare(current, useStrongComparison: true))
                return;
        throw Errors.ETagMismatch(etag);
    }
}
