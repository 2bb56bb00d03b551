namespace Platform.Connectors.Tables.Configuration;

/// <summary>The connector can't start with this configuration. All that is wrong, each said in a line.</summary>
internal sealed class BadConfiguration(IReadOnlyList<string> errors) : Exception(string.Join('\n', errors))
{
    public IReadOnlyList<string> Errors => errors;
}
