using System.Text;

namespace Platform.Connectors.Tables.Data;

/// <summary>Comma separated values as RFC 4180 has them: a cell in double quotes may hold commas, line ends, and double quotes twice. UTF-8.</summary>
internal static class Csv
{
    /// <returns>Each record with the line that it begins in, from 1; empty lines are left out.</returns>
    /// <exception cref="FormatException">A quoted cell goes on to the end, or something follows one.</exception>
    public static IEnumerable<(int Line, IReadOnlyList<string> Cells)> Read(TextReader reader)
    {
        var (line, cells, cell) = (1, new List<string>(), new StringBuilder());
        var begun = line;
        while (true)
        {
            var next = reader.Read();
            if (next == '"' && cell.Length == 0)
            {
                line += Quoted(reader, cell, line);
                next = reader.Read();
                if (next is not (',' or '\r' or '\n' or -1))
                    throw new FormatException($"line {line}: after a quoted cell comes a comma or the end of the line, not {(char)next}");
            }

            switch (next)
            {
                case ',':
                    cells.Add(Take(cell));
                    break;
                case '\n' or -1:
                    if (next == '\n')
                        line++;
                    if (cells.Count > 0 || cell.Length > 0)
                    {
                        cells.Add(Take(cell));
                        yield return (begun, cells);
                        cells = [];
                    }

                    begun = line;
                    if (next == -1)
                        yield break;
                    break;
                case '\r' when reader.Peek() == '\n':
                    break;
                default:
                    cell.Append((char)next);
                    break;
            }
        }
    }

    private static int Quoted(TextReader reader, StringBuilder cell, int begun)
    {
        var lines = 0;
        while (true)
        {
            var next = reader.Read();
            switch (next)
            {
                case -1:
                    throw new FormatException($"line {begun}: the quoted cell that begins here has no end");
                case '"' when reader.Peek() != '"':
                    return lines;
                case '"':
                    reader.Read();
                    break;
                case '\n':
                    lines++;
                    break;
            }

            cell.Append((char)next);
        }
    }

    private static string Take(StringBuilder cell)
    {
        var text = cell.ToString();
        cell.Clear();
        return text;
    }
}
