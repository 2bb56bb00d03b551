namespace Platform.Connectors.Tables.Serving;

/// <summary>What this connector can do; the tests hold it to every word.</summary>
internal static class CapabilitiesAnswer
{
    /// <summary>Of the NDC specification; a request may ask for this one, or for an earlier 0.2.</summary>
    public static readonly Version Version = new(0, 2, 13);

    public const string Json = """
        {
          "version": "0.2.13",
          "capabilities": {
            "query": {
              "aggregates": {"filter_by": {}, "group_by": {"filter": {}, "order": {}, "paginate": {}}},
              "variables": {},
              "explain": {},
              "nested_fields": {
                "filter_by": {"nested_arrays": {"contains": {}, "is_empty": {}}},
                "order_by": {},
                "aggregates": {},
                "nested_collections": {}
              },
              "exists": {"named_scopes": {}, "unrelated": {}, "nested_collections": {}, "nested_scalar_collections": {}}
            },
            "mutation": {},
            "relationships": {
              "relation_comparisons": {},
              "order_by_aggregate": {},
              "nested": {"array": {}, "filtering": {}, "ordering": {}}
            }
          }
        }
        """;
}
