using System.Diagnostics;
using System.Globalization;

namespace Platform.Benchmarks.Edge;

/// <param name="PerSecond">Answers.</param>
/// <param name="MedianMilliseconds">From a request to the end of its answer.</param>
internal sealed record WrkSample(double PerSecond, double MedianMilliseconds);

/// <summary>One address, asked by Debian's wrk again and again.</summary>
/// <param name="script">In the file's Lua: headers, as arguments could be read by everybody, and numbers instead of words.</param>
internal sealed class Wrk(string name, string url, string script)
{
    // Microseconds; the errors of connecting, reading, writing, status and time.
    private const string Report = """

        done = function(summary, latency, requests)
          local e = summary.errors
          io.write(string.format("numbers %d %d %f %d\n", summary.requests, summary.duration, latency:percentile(50), e.connect + e.read + e.write + e.status + e.timeout))
        end
        """;

    public string Name => name;

    public static Wrk To(string name, string url, string folder, string header, string value) => To(name, url, folder, (header, value));

    public static Wrk To(string name, string url, string folder, params (string Header, string Value)[] headers)
    {
        var script = Path.Combine(folder, $"{Guid.NewGuid():N}.lua");
        File.WriteAllText(script, string.Concat(headers.Select(h => $"wrk.headers[\"{h.Header}\"] = \"{h.Value}\"\n")) + Report);
        return new(name, url, script);
    }

    /// <exception cref="InvalidOperationException">A request was not answered with success.</exception>
    public async Task<WrkSample> RunAsync(int connections, int seconds)
    {
        using var process = Process.Start(new ProcessStartInfo("wrk", ["-t1", $"-c{connections}", $"-d{seconds}s", "-s", script, url]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        var numbers = output.Split('\n').FirstOrDefault(line => line.StartsWith("numbers ", StringComparison.Ordinal))?.Split(' ')[1..].Select(number => double.Parse(number, CultureInfo.InvariantCulture)).ToArray()
            ?? throw new InvalidOperationException($"wrk said nothing of {name}: {output}{await errors}");
        return numbers is [> 0, _, _, 0] ? new(numbers[0] / numbers[1] * 1e6, numbers[2] / 1000)
            : throw new InvalidOperationException($"{name} answered {numbers[0]} requests, and failed at {numbers[3]}.");
    }
}
