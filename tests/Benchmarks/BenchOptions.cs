using Platform.Benchmarks.Processes;

namespace Platform.Benchmarks;

/// <summary>What every benchmark understands: <c>[--full | --smoke] [--output FOLDER]</c></summary>
internal sealed record BenchOptions(Plan Plan, string Output)
{
    /// <returns>Null: an option is not understood, and standard error says so.</returns>
    public static async Task<BenchOptions?> ParseAsync(string benchmark, IReadOnlyList<string> options)
    {
        var given = new BenchOptions(Plan.Usual, Programs.Artifacts);
        for (var i = 0; i < options.Count; i++)
        {
            switch (options[i])
            {
                case "--full":
                    given = given with { Plan = Plan.Full };
                    break;
                case "--smoke":
                    given = given with { Plan = Plan.Smoke };
                    await Console.Error.WriteLineAsync("This shows that the benchmark works; its numbers, goals included, mean nothing.");
                    break;
                case "--output" when i + 1 < options.Count:
                    given = given with { Output = options[++i] };
                    break;
                default:
                    await Console.Error.WriteLineAsync($"error bad_usage: {options[i]} is not understood\n  to do: ./platform bench {benchmark} [--full | --smoke] [--output FOLDER]");
                    return null;
            }
        }

        return given;
    }
}
