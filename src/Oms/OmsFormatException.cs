namespace Platform.Oms;

/// <summary>
/// The text is no service description at all. Everything less than that is a warning of the <see cref="OmsService"/>.
/// Codes: <c>too_large</c>, <c>not_utf8</c>, <c>empty_document</c>, <c>malformed_yaml</c>, <c>tab</c>, <c>too_deep</c>, <c>too_many_nodes</c>,
/// <c>not_a_mapping</c>.
/// </summary>
/// <param name="line">From 1; 0: the file as a whole.</param>
/// <param name="column">From 1; 0: the file as a whole.</param>
public sealed class OmsFormatException(string code, string fileName, int line, int column, string message, string remedy) : Exception(message)
{
    public string Code { get; } = code;

    public string FileName { get; } = fileName;

    public int Line { get; } = line;

    public int Column { get; } = column;

    /// <summary>What to do.</summary>
    public string Remedy { get; } = remedy;
}
