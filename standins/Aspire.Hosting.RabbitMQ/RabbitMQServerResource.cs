namespace Aspire.Hosting.ApplicationModel;

public class RabbitMQServerResource(string name, ParameterResource? userName, ParameterResource password)
    : ContainerResource(name), IResourceWithConnectionString
{
    public ParameterResource? UserNameParameter => userName;

    public ParameterResource PasswordParameter => password;

    public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Of(
        "amqp://", UserName, ":", PasswordParameter, "@", Endpoint.TargetHost, ":", Endpoint.PortValue);

    internal EndpointAnnotation Endpoint { get; } = new("tcp") { TargetHost = "127.0.0.1" };

    /// <summary>Not the guest of the official default: the private broker has no such user.</summary>
    internal IValueProvider UserName => UserNameParameter ?? (IValueProvider)ReferenceExpression.Of("apphost");

    IEnumerable<KeyValuePair<string, ReferenceExpression>> IResourceWithConnectionString.GetConnectionProperties() =>
    [
        new("Host", ReferenceExpression.Of(Endpoint.TargetHost)),
        new("Port", ReferenceExpression.Of(Endpoint.PortValue)),
        new("Username", ReferenceExpression.Of(UserName)),
        new("Password", ReferenceExpression.Of(PasswordParameter)),
        new("Uri", ConnectionStringExpression),
    ];
}
