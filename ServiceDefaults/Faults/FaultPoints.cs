using System.Collections.Frozen;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Platform.ServiceDefaults;

/// <summary>
/// Named places in the code at which a test makes the process end, or a call fail, exactly there. Configuration:
/// <c>FaultPoints:{name}</c> = <c>kill</c> (SIGKILL to itself), <c>fail</c> (an IOException, as a lost connection throws), each the first time that
/// the place is passed, or the n-th with <c>:n</c> behind it. For processes of their own: what is configured holds for the whole process.
/// </summary>
public static class FaultPoints
{
    private const string Section = "FaultPoints";

    private static FrozenDictionary<string, Fault>? faults;

    /// <summary>Costs a comparison with null where nothing is configured.</summary>
    public static void Pass(string name)
    {
        if (faults is not null && faults.TryGetValue(name, out var fault))
            fault.Pass(name);
    }

    /// <exception cref="InvalidOperationException">A value is none of those above.</exception>
    internal static void Configure(IConfiguration configuration)
    {
        var configured = Read(configuration);
        if (configured.Count > 0)
            faults = configured;
    }

    internal static FrozenDictionary<string, Fault> Read(IConfiguration configuration) =>
        configuration.GetSection(Section).GetChildren().ToFrozenDictionary(point => point.Key, point => Fault.Parse(point.Path, point.Value));

    internal sealed class Fault(bool kills, int time)
    {
        private int passed;

        public static Fault Parse(string path, string? value)
        {
            var parts = (value ?? "").Split(':');
            var time = 1;
            if (parts.Length > 2 || parts[0] is not ("kill" or "fail")
                || (parts.Length == 2 && (!int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out time) || time < 1)))
                throw new InvalidOperationException($"{path} is '{value}'; it must be kill or fail, or with the time that is meant: kill:3.");
            return new(parts[0] == "kill", time);
        }

        public void Pass(string name)
        {
            if (Interlocked.Increment(ref passed) != time)
                return;
            // Not a log message: it is to be seen whatever the levels are, and before the end.
            Console.Error.WriteLine($"Fault point {name}: {(kills ? "kill" : "fail")}");
            if (!kills)
                throw new IOException($"The fault point {name} is configured to fail.");
            using var self = Process.GetCurrentProcess();
            self.Kill();
            // Nothing behind this line may happen, however late the signal comes.
            Thread.Sleep(Timeout.Infinite);
        }
    }
}
