namespace Platform.Ndc.Tests.Tables;

/// <summary>One connector over the sample tables, for all tests that change nothing.</summary>
public sealed class SampleTables : IAsyncLifetime
{
    public TablesProcess Connector { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Connector = await TablesProcess.ServeAsync();

    public ValueTask DisposeAsync() => Connector.DisposeAsync();
}

[CollectionDefinition(Name)]
public sealed class SampleTablesCollection : ICollectionFixture<SampleTables>
{
    public const string Name = "sample tables";
}
