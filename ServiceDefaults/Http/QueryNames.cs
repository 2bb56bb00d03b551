using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;

namespace Platform.ServiceDefaults;

/// <summary>
/// Refuses parameters of the query that the route does not have (400 <c>unknown_parameter</c>): a misspelt filter would filter nothing, and a DELETE then
/// remove more than was meant. See docs/decisions/0030.
/// </summary>
public static class QueryNames
{
    /// <summary>After whatever says who may ask.</summary>
    public static void UseQueryNames(this WebApplication app)
    {
        var known = new ConcurrentDictionary<Endpoint, string[]>();
        app.Use((context, next) =>
        {
            if (context.Request.QueryString.HasValue && context.GetEndpoint() is RouteEndpoint endpoint && endpoint.Metadata.GetMetadata<MethodInfo>() is { } handler
                && context.Request.Path.StartsWithSegments("/v1", StringComparison.Ordinal))
                Check(context.Request.Query, known.GetOrAdd(endpoint, _ => [.. Of(endpoint, handler)]));
            return next(context);
        });
    }

    private static void Check(IQueryCollection query, string[] known)
    {
        var unknown = query.Keys.Where(name => !known.Contains(name, StringComparer.OrdinalIgnoreCase)).ToList();
        if (unknown.Count == 0) return;
        throw new ProblemException(new Problem(
            "unknown_parameter", 400, "There is no such parameter", $"This route has no parameter {string.Join(", ", unknown)}.", "Correct it or leave it out; the parameters are in /openapi.json.",
            [.. unknown.Select(name => new FieldError(name, "unknown_parameter", KnownNames.Suggest(known, name)))]));
    }

    /// <summary>What minimal APIs bind from the query of a route: what says so, and simple values that nothing else brings.</summary>
    private static IEnumerable<string> Of(RouteEndpoint endpoint, MethodInfo handler)
    {
        foreach (var parameter in handler.GetParameters())
        {
            if (!parameter.IsDefined(typeof(AsParametersAttribute)))
            {
                if (Name(parameter, parameter.Name!, parameter.ParameterType) is { } name) yield return name;
                continue;
            }

            // Of a record either the parameter or its property has the attribute.
            foreach (var member in parameter.ParameterType.GetProperties())
            {
                var given = parameter.ParameterType.GetConstructors().SelectMany(c => c.GetParameters()).FirstOrDefault(p => string.Equals(p.Name, member.Name, StringComparison.OrdinalIgnoreCase));
                if (Name((ICustomAttributeProvider?)given ?? member, member.Name, member.PropertyType) is { } name) yield return name;
            }
        }

        string? Name(ICustomAttributeProvider source, string name, Type type)
        {
            var attributes = source.GetCustomAttributes(inherit: true);
            if (attributes.OfType<IFromQueryMetadata>().FirstOrDefault() is { } query) return query.Name ?? name;
            return IsSimple(type) && endpoint.RoutePattern.GetParameter(name) is null && !attributes.Any(a => a is IFromHeaderMetadata or IFromRouteMetadata or IFromBodyMetadata or IFromServiceMetadata or IFromFormMetadata)
                ? name : null;
        }
    }

    private static bool IsSimple(Type type) => (type.IsArray ? type.GetElementType()! : Nullable.GetUnderlyingType(type) ?? type) is var simple
        && (simple.IsPrimitive || simple.IsEnum || simple == typeof(string) || simple == typeof(Guid) || simple == typeof(DateTimeOffset) || simple == typeof(DateTime));
}
