using System.Globalization;

namespace Platform.Benchmarks.Processes;

/// <summary>What processes have spent, as the kernel counts it.</summary>
internal static class ProcessorTimes
{
    // USER_HZ, the unit of /proc, whatever the kernel's own is.
    private const double TicksPerSecond = 100;

    // proc(5), counted from the state behind the name in brackets.
    private const int Parent = 1, UserTime = 11, EndedChildrensSystemTime = 14;

    /// <summary>Of the process and of those that it started and saw end.</summary>
    public static TimeSpan Of(int process) => Spent(Fields(process));

    /// <summary>As <see cref="Of"/>, with the processes that it started and that still run.</summary>
    public static TimeSpan OfFamily(int process)
    {
        var spent = Of(process);
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            try
            {
                if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var other)
                    && Fields(other) is var fields && int.Parse(fields[Parent], CultureInfo.InvariantCulture) == process)
                    spent += Spent(fields);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has ended since it was listed.
            }
        }

        return spent;
    }

    private static string[] Fields(int process)
    {
        var stat = File.ReadAllText($"/proc/{process}/stat");
        return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
    }

    private static TimeSpan Spent(string[] fields) =>
        TimeSpan.FromSeconds(fields[UserTime..(EndedChildrensSystemTime + 1)].Sum(ticks => long.Parse(ticks, CultureInfo.InvariantCulture)) / TicksPerSecond);
}
