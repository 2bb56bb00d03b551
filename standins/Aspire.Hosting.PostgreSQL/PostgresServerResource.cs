namespace Aspire.Hosting.ApplicationModel;

public class PostgresServerResource(string name, ParameterResource? userName, ParameterResource password)
    : ContainerResource(name), IResourceWithConnectionString
{
    private readonly Dictionary<string, string> databases = new(StringComparer.OrdinalIgnoreCase);

    public ParameterResource? UserNameParameter { get; set; } = userName;

    public ParameterResource PasswordParameter { get; set; } = password;

    /// <summary>Database name by resource name.</summary>
    public IReadOnlyDictionary<string, string> Databases => databases;

    public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Of(
        "Host=", Endpoint.TargetHost, ";Port=", Endpoint.PortValue, ";Username=", UserName, ";Password=", PasswordParameter);

    internal EndpointAnnotation Endpoint { get; } = new("tcp") { TargetHost = "127.0.0.1" };

    internal IValueProvider UserName => UserNameParameter ?? (IValueProvider)ReferenceExpression.Of("postgres");

    public ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default) =>
        ConnectionStringExpression.GetValueAsync(cancellationToken);

    IEnumerable<KeyValuePair<string, ReferenceExpression>> IResourceWithConnectionString.GetConnectionProperties() => Properties(database: null);

    internal void AddDatabase(string resourceName, string databaseName) => databases.Add(resourceName, databaseName);

    internal IEnumerable<KeyValuePair<string, ReferenceExpression>> Properties(string? database)
    {
        var path = database is null ? "" : "/" + Uri.EscapeDataString(database);
        yield return new("Host", ReferenceExpression.Of(Endpoint.TargetHost));
        yield return new("Port", ReferenceExpression.Of(Endpoint.PortValue));
        yield return new("Username", ReferenceExpression.Of(UserName));
        yield return new("Password", ReferenceExpression.Of(PasswordParameter));
        yield return new("Uri", ReferenceExpression.Of("postgresql://", UserName, ":", Escaped(PasswordParameter), "@", Endpoint.TargetHost, ":", Endpoint.PortValue, path));
        yield return new("JdbcConnectionString", ReferenceExpression.Of("jdbc:postgresql://", Endpoint.TargetHost, ":", Endpoint.PortValue, path));
        if (database is not null)
            yield return new("DatabaseName", ReferenceExpression.Of(database));
    }

    private static DeferredValue Escaped(IValueProvider value) => new(async cancellationToken => Uri.EscapeDataString(await value.GetValueAsync(cancellationToken) ?? ""));
}

public class PostgresDatabaseResource(string name, string databaseName, PostgresServerResource postgresParentResource)
    : Resource(name), IResourceWithParent<PostgresServerResource>, IResourceWithConnectionString
{
    public PostgresServerResource Parent => postgresParentResource;

    public string DatabaseName => databaseName;

    public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Of(Parent.ConnectionStringExpression, ";Database=", DatabaseName);

    IEnumerable<KeyValuePair<string, ReferenceExpression>> IResourceWithConnectionString.GetConnectionProperties() => Parent.Properties(DatabaseName);
}
