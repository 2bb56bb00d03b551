namespace Platform.Ingest;

internal static class Databases
{
    /// <summary>Name of the connection string.</summary>
    public const string Ingest = "ingest-db";
}
