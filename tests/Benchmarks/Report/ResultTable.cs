using System.Globalization;
using Spectre.Console;

namespace Platform.Benchmarks.Report;

/// <summary>The results as a Markdown table, for eyes and for docs/performance.md alike.</summary>
internal static class ResultTable
{
    private const int Wide = 200;

    public static void Write(Results results, TextWriter output)
    {
        var table = new Table().Border(TableBorder.Markdown);
        table.AddColumns("measure", "contestant");
        foreach (var column in (string[])["median", "lowest", "highest"])
            table.AddColumn(new TableColumn(column).RightAligned());
        table.AddColumn("unit");
        table.AddColumn(new TableColumn("× peer").RightAligned());
        table.AddColumn(new TableColumn("µs of processor each").RightAligned());
        foreach (var measure in results.Measures)
        {
            foreach (var series in measure.Series)
            {
                var ratio = measure.Peer is null ? "" : Text(measure.Ratio(series.Contestant, measure.Peer), "0.00");
                table.AddRow(measure.Name, series.Contestant, Number(series.Median), Range(series, Enumerable.Min), Range(series, Enumerable.Max), measure.Unit, ratio,
                    series.MedianProcessorMicroseconds is { } processor ? Text(processor, "0.00") : "");
            }
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(output) });
        console.Profile.Width = Wide;
        console.Write(table);
        foreach (var goal in results.Goals)
            output.WriteLine(goal);
    }

    private static string Range(Series series, Func<IEnumerable<double>, double> end) => series.Samples.Count > 1 ? Number(end(series.Samples)) : "";

    private static string Number(double value) => Text(value, value >= 100 || value == 0 ? "#,0" : "0.00");

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
