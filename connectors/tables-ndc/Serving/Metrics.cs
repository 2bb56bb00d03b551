using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Platform.Connectors.Tables.Serving;

/// <summary>What <c>/metrics</c> tells, in Prometheus' text format. Names with hasura_ are reserved for others.</summary>
internal sealed class Metrics
{
    private readonly ConcurrentDictionary<(string Path, int Status), long> requests = new();
    private readonly ConcurrentDictionary<string, double> seconds = new();

    /// <param name="path">One of the paths that there are, so that nobody makes up endless ones.</param>
    public void Answered(string path, int status, TimeSpan took)
    {
        requests.AddOrUpdate((path, status), 1, (_, count) => count + 1);
        seconds.AddOrUpdate(path, took.TotalSeconds, (_, sum) => sum + took.TotalSeconds);
    }

    public string Text()
    {
        var text = new StringBuilder("# HELP tables_requests_total Requests answered.\n# TYPE tables_requests_total counter\n");
        foreach (var (key, count) in requests.OrderBy(r => r.Key))
            text.Append(CultureInfo.InvariantCulture, $"tables_requests_total{{path=\"{key.Path}\",status=\"{key.Status}\"}} {count}\n");
        text.Append("# HELP tables_request_seconds_total Time spent on them.\n# TYPE tables_request_seconds_total counter\n");
        foreach (var (path, sum) in seconds.OrderBy(s => s.Key))
            text.Append(CultureInfo.InvariantCulture, $"tables_request_seconds_total{{path=\"{path}\"}} {sum}\n");
        text.Append("# HELP process_resident_memory_bytes Memory in use.\n# TYPE process_resident_memory_bytes gauge\n");
        return text.Append(CultureInfo.InvariantCulture, $"process_resident_memory_bytes {Process.GetCurrentProcess().WorkingSet64}\n").ToString();
    }
}
