using System.Diagnostics;
using System.Globalization;
using System.Runtime;
using System.Runtime.InteropServices;
using Grpc.Core;

namespace Platform.Benchmarks.Report;

/// <summary>Where and with what was measured.</summary>
internal static class Machine
{
    /// <param name="more">What this benchmark alone depends on.</param>
    public static IReadOnlyDictionary<string, string> Describe(object plan, params IEnumerable<(string Key, string Value)> more)
    {
        var machine = Describe(plan.ToString()!);
        foreach (var (key, value) in more)
            machine[key] = value;
        return machine;
    }

    private static Dictionary<string, string> Describe(string plan) => new()
    {
        ["time"] = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        ["plan"] = plan,
        ["processor"] = Value("/proc/cpuinfo", "model name"),
        ["cores"] = Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture),
        ["memory"] = Value("/proc/meminfo", "MemTotal"),
        ["kernel"] = RuntimeInformation.OSDescription,
        ["load at start"] = File.ReadAllText("/proc/loadavg").Trim(),
        ["dotnet"] = RuntimeInformation.FrameworkDescription + (GCSettings.IsServerGC ? ", server GC" : ", workstation GC"),
        ["gRPC for .NET"] = typeof(Marshaller<>).Assembly.GetName().FullName,
        ["go"] = Output("go", "version"),
        ["go-plugin"] = DebianVersion("golang-github-hashicorp-go-plugin-dev"),
        ["grpc-go"] = DebianVersion("golang-google-grpc-dev"),
        ["pgx"] = DebianVersion("golang-github-jackc-pgx-v4-dev"),
        ["grpcio"] = DebianVersion("python3-grpcio"),
    };

    private static string Value(string file, string key) =>
        File.ReadLines(file).FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal))?.Split(':', 2)[1].Trim() ?? "unknown";

    private static string DebianVersion(string package) => Output("dpkg-query", "--show", "--showformat=${Version}", package);

    private static string Output(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var text = process.StandardOutput.ReadToEnd().Trim();
            process.WaitForExit();
            return text.Length > 0 ? text : "unknown";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "unknown";
        }
    }
}
