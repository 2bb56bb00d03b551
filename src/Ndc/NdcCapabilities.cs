using System.Text.Json;

namespace Platform.Ndc;

/// <summary>The answer to <c>GET /capabilities</c>, of 0.1 and 0.2. A capability is there as an object, mostly empty, or it is absent.</summary>
/// <param name="Version">Of the specification that the connector implements, such as <c>0.2.0</c>.</param>
public sealed record NdcCapabilities(string Version, NdcCapabilitySet Capabilities)
{
    /// <summary>It implements 0.1; anything else is spoken to as 0.2.</summary>
    public bool IsFirstGeneration => Version.StartsWith("0.1.", StringComparison.Ordinal);
}

public sealed record NdcCapabilitySet(
    NdcQueryCapabilities Query, NdcMutationCapabilities Mutation, JsonElement? Relationships = null, JsonElement? RelationalQuery = null,
    JsonElement? RelationalMutation = null);

public sealed record NdcQueryCapabilities(
    JsonElement? Aggregates = null, JsonElement? Variables = null, JsonElement? Explain = null, JsonElement? NestedFields = null, JsonElement? Exists = null);

/// <param name="Transactional">A mutation may have more than one operation.</param>
public sealed record NdcMutationCapabilities(JsonElement? Transactional = null, JsonElement? Explain = null);
