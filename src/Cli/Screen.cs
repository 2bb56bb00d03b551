using System.Text.Json;
using Platform.Cli.Api;
using Spectre.Console;

namespace Platform.Cli;

/// <summary>
/// Where words go. With --json standard output carries machine output alone: one document, or a line of JSON per item where a
/// command streams. Talk for people goes to standard output otherwise, errors to standard error always.
/// </summary>
internal sealed class Screen(bool json)
{
    private readonly IAnsiConsole errors = AnsiConsole.Create(new AnsiConsoleSettings
    {
        Ansi = Console.IsErrorRedirected ? AnsiSupport.No : AnsiSupport.Detect,
        ColorSystem = Console.IsErrorRedirected ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
        Out = new AnsiConsoleOutput(Console.Error),
    });

    public bool Json { get; } = json;

    /// <summary>Whether somebody looks at this: colours, tables and moving bars make sense.</summary>
    public bool Interactive => !Json && !Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities.Ansi;

    public void Say(string text)
    {
        if (!Json) Console.Out.WriteLine(Harmless(text));
    }

    /// <summary>An aside for people, on standard error.</summary>
    public void Note(string text)
    {
        if (!Json) Console.Error.WriteLine(Harmless(text));
    }

    public void Document(object value)
    {
        if (Json) Console.Out.WriteLine(JsonSerializer.Serialize(value, ApiJson.Indented));
    }

    /// <summary>One line of a stream.</summary>
    public void Item(object value)
    {
        if (!Json) return;
        Console.Out.WriteLine(JsonSerializer.Serialize(value, ApiJson.Options));
        Console.Out.Flush();
    }

    /// <summary>A table on a terminal; lines with tabs elsewhere, so that cut and awk work and nothing is wrapped.</summary>
    public void Table(IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string?>> rows, string empty)
    {
        if (Json) return;
        var lines = rows.ToList();
        if (!Interactive)
        {
            Console.Out.WriteLine(string.Join('\t', columns));
            foreach (var line in lines) Console.Out.WriteLine(string.Join('\t', line.Select(cell => OneLine(cell ?? ""))));
            return;
        }

        if (lines.Count == 0)
        {
            Console.Out.WriteLine(empty);
            return;
        }

        var table = new Table().Border(TableBorder.Rounded);
        foreach (var column in columns) table.AddColumn(new TableColumn(Markup.Escape(column)));
        foreach (var line in lines) table.AddRow(line.Select(cell => Markup.Escape(OneLine(cell ?? ""))).ToArray());
        AnsiConsole.Write(table);
    }

    public int Fail(ApiException error)
    {
        if (Json)
        {
            Console.Error.WriteLine(error.Problem.GetRawText());
            return error.ExitCode;
        }

        Fail(error.Code, error.Detail, error.Errors, error.Remedy);
        return error.ExitCode;
    }

    public int Fail(CliException error)
    {
        if (Json) Console.Error.WriteLine(JsonSerializer.Serialize(new { error.Code, Detail = error.Message, error.Remedy }, ApiJson.Options));
        else Fail(error.Code, error.Message, [], error.Remedy);
        return error.ExitCode;
    }

    /// <summary>A problem in the shape that all of them have here: code and detail, the fields, what to do.</summary>
    public void Fail(string code, string detail, IEnumerable<(string Field, string Message)> fields, string? remedy)
    {
        if (!Json) Tell("error", Color.Red, code, detail, fields, remedy);
    }

    /// <summary>A warning: the same shape, and the command goes on.</summary>
    public void Warn(string code, string detail, string? remedy)
    {
        if (!Json) Tell("warning", Color.Yellow, code, detail, [], remedy);
    }

    private void Tell(string kind, Color color, string code, string detail, IEnumerable<(string Field, string Message)> fields, string? remedy)
    {
        errors.Write(new Text(kind, new Style(color)));
        Console.Error.WriteLine(Harmless($" {code}: {detail}"));
        foreach (var (field, message) in fields) Console.Error.WriteLine(Harmless($"  {(field == "" ? "" : field + ": ")}{message}"));
        if (remedy is not null) Console.Error.WriteLine(Harmless($"  to do: {RoutesInWords.ToCommands(remedy)}"));
    }

    private static string OneLine(string text) => string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));

    /// <summary>What connectors and builds print reaches the terminal as text: control characters become pictures, so that none moves the cursor or sets a title.</summary>
    private static string Harmless(string text) =>
        string.Concat(text.Select(c => c is '\n' or '\t' || !char.IsControl(c) ? c : c < ' ' ? (char)('\u2400' + c) : c == '\u007f' ? '\u2421' : '\ufffd'));
}
