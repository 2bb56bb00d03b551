using Microsoft.Extensions.Logging;
using Platform.Runner.Processes;

namespace Platform.Runner.Tests;

public sealed class ConnectorOutputTests
{
    private const int Flood = 3000;

    private readonly LoggedLines log = new();

    private ConnectorOutput Output => field ??= new(log, Guid.CreateVersion7(), "tested", new OptionMask("{}"));

    [Fact]
    public void A_plain_line_is_information_and_a_levelled_one_keeps_its_level()
    {
        Output.Add("plain", false);
        Output.Add("[DEBUG] quiet", false);
        Output.Add("""{"@level":"error","@message":"loud"}""", false);
        Output.AddPrinted("printed", false);

        Assert.Equal([LogLevel.Information, LogLevel.Debug, LogLevel.Error, LogLevel.Information], log.Lines.Select(line => line.Level));
    }

    [Fact]
    public void A_line_of_the_protocol_has_the_level_that_the_connector_gave_it()
    {
        Output.Add(LogLevel.Warning, "careful");

        Assert.Equal(LogLevel.Warning, Assert.Single(log.Lines).Level);
        Assert.Equal("careful", Output.LastWords);
    }

    [Fact]
    public void A_line_that_is_json_but_no_text_stands_as_it_came()
    {
        const string line = """{"@level":"info","@message":"half a pair: \ud800"}""";
        Output.Add(line, false);

        Assert.Equal(line, Output.LastWords);
    }

    [Fact]
    public void A_flood_of_ordinary_lines_hides_no_error()
    {
        for (var line = 0; line < Flood; line++)
            Output.AddPrinted($"line {line}", false);

        Output.Add("[ERROR] after the flood", false);

        Assert.Contains("after the flood", log.Lines[^1].Text, StringComparison.Ordinal);
        Assert.Single(log.Lines, line => line.Text.Contains("is dropped", StringComparison.Ordinal));
        Assert.True(log.Lines.Count < Flood);
    }

    [Fact]
    public void The_last_words_are_those_of_standard_error_whatever_was_printed_after_them()
    {
        Assert.Null(Output.LastWords);
        Output.AddPrinted("first print", false);
        Assert.Equal("first print", Output.LastWords);

        Output.Add("why it failed", false);
        for (var line = 0; line < Flood; line++)
            Output.AddPrinted($"line {line}", false);

        Assert.Equal("why it failed", Output.LastWords);
    }

    [Fact]
    public void The_last_words_are_few_and_short()
    {
        for (var line = 0; line < 100; line++)
            Output.Add($"{line} {new string('x', 2000)}", false);

        var words = Output.LastWords!.Split('\n');

        Assert.Equal(40, words.Length);
        Assert.StartsWith("60 ", words[0], StringComparison.Ordinal);
        Assert.All(words, word => Assert.Equal(1002, word.Length));
    }

    [Fact]
    public void A_panic_and_all_after_it_are_errors()
    {
        foreach (var line in (string[])["before", "panic: out of cheese", "goroutine 1 [running]:"])
            Output.Add(line, false);

        Assert.Equal([LogLevel.Information, LogLevel.Error, LogLevel.Error], log.Lines.Select(line => line.Level));
    }

    private sealed class LoggedLines : ILogger
    {
        public List<(LogLevel Level, string Text)> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add((logLevel, formatter(state, exception)));
    }
}
