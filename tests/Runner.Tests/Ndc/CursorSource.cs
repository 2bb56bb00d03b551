using System.Net;
using System.Text;
using System.Text.Json;
using Platform.Ndc;

namespace Platform.Runner.Tests.Ndc;

/// <summary>
/// A packaged connector with one collection, <c>rows</c> of <c>id</c>, <c>rev</c> and <c>text</c>, in this process: its rows can be changed between any two
/// requests. As at a source that writes down when a row changed, no row gets a <c>rev</c> that is lower than one that was there already.
/// </summary>
internal sealed class CursorSource : HttpMessageHandler
{
    public const string Collection = "rows";

    private int clock = 1;
    private int texts;

    public sealed record Row(int Rev, string Text);

    public SortedDictionary<int, Row> Rows { get; } = [];

    /// <summary>Rows that were changed or deleted since this was cleared.</summary>
    public HashSet<int> Touched { get; } = [];

    public HashSet<int> Deleted { get; } = [];

    public List<string> Queries { get; } = [];

    /// <summary>It tells a <c>rev</c> as the ten that it lies in, and compares it as it is.</summary>
    public bool Coarse { get; set; }

    /// <summary>Done before each query is answered; throws to fail it.</summary>
    public Action<int> OnQuery { get; set; } = _ => { };

    public static NdcSchema Schema { get; } = NdcClient.Read<NdcSchema>("""
        {
          "scalar_types": {
            "Int": {"representation": {"type": "int32"}, "aggregate_functions": {}, "comparison_operators": {"eq": {"type": "equal"}, "gt": {"type": "greater_than"}}},
            "Text": {"representation": {"type": "string"}, "aggregate_functions": {}, "comparison_operators": {}}
          },
          "object_types": {
            "row": {"fields": {"id": {"type": {"type": "named", "name": "Int"}}, "rev": {"type": {"type": "named", "name": "Int"}}, "text": {"type": {"type": "named", "name": "Text"}}}, "foreign_keys": {}}
          },
          "collections": [{"name": "rows", "type": "row", "arguments": {}, "uniqueness_constraints": {"key": {"unique_columns": ["id"]}}}],
          "functions": [], "procedures": []
        }
        """u8, "GET /schema");

    public NdcClient Client => new(new HttpClient(this, disposeHandler: false), new("http://source"), new());

    /// <summary>A new row, or a change of one.</summary>
    /// <param name="later">It gets a <c>rev</c> above all others, else the one of what changed last.</param>
    public void Put(int id, bool later = true)
    {
        clock += later ? 1 : 0;
        Rows[id] = new(clock, $"{++texts}");
        Touched.Add(id);
    }

    public void Remove(int id)
    {
        Rows.Remove(id);
        Touched.Add(id);
        Deleted.Add(id);
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = await request.Content!.ReadAsStringAsync(cancellationToken);
        lock (Rows)
        {
            Queries.Add(body);
            OnQuery(Queries.Count);
            var query = JsonSerializer.Deserialize<JsonElement>(body).GetProperty("query");
            var chosen = Rows.Where(r => !query.TryGetProperty("predicate", out var predicate) || Matches(r, predicate));
            foreach (var element in query.GetProperty("order_by").GetProperty("elements").EnumerateArray().Reverse())
            {
                var column = element.GetProperty("target").GetProperty("name").GetString()!;
                chosen = element.GetProperty("order_direction").GetString() == "asc" ? chosen.OrderBy(r => Value(r, column)) : chosen.OrderByDescending(r => Value(r, column));
            }

            var rows = chosen.Take(query.GetProperty("limit").GetInt32()).Select(r => Json(Coarse ? new(r.Key, r.Value with { Rev = r.Value.Rev / 10 * 10 }) : r));
            return new(HttpStatusCode.OK) { Content = new StringContent($$"""[{"rows":[{{string.Join(',', rows)}}]}]""", Encoding.UTF8, "application/json") };
        }
    }

    public static string Json(KeyValuePair<int, Row> row) => $$"""{"id":{{row.Key}},"rev":{{row.Value.Rev}},"text":"{{row.Value.Text}}"}""";

    private static int Value(KeyValuePair<int, Row> row, string column) => column == "id" ? row.Key : row.Value.Rev;

    private static bool Matches(KeyValuePair<int, Row> row, JsonElement predicate)
    {
        switch (predicate.GetProperty("type").GetString())
        {
            case "and":
                return predicate.GetProperty("expressions").EnumerateArray().All(e => Matches(row, e));
            case "or":
                return predicate.GetProperty("expressions").EnumerateArray().Any(e => Matches(row, e));
            default:
                var (mine, value) = (Value(row, predicate.GetProperty("column").GetProperty("name").GetString()!), predicate.GetProperty("value").GetProperty("value").GetInt32());
                return predicate.GetProperty("operator").GetString() == "eq" ? mine == value : mine > value;
        }
    }
}
