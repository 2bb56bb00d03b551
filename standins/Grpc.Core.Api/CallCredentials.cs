namespace Grpc.Core;

// Adds the entries that authorize a call to its metadata. What it throws ends the call.
public delegate Task AsyncAuthInterceptor(AuthInterceptorContext context, Metadata metadata);

public abstract class CallCredentials
{
    private protected CallCredentials()
    {
    }

    internal abstract IEnumerable<AsyncAuthInterceptor> Interceptors { get; }

    public static CallCredentials FromInterceptor(AsyncAuthInterceptor interceptor)
    {
        ArgumentNullException.ThrowIfNull(interceptor);
        return new Several([interceptor]);
    }

    // Two or more, asked in this order.
    public static CallCredentials Compose(params CallCredentials[] credentials)
    {
        ArgumentNullException.ThrowIfNull(credentials);
        return credentials.Length >= 2
            ? new Several([.. credentials.SelectMany(one => one.Interceptors)])
            : throw new ArgumentException("Composite credentials object can only be created from 2 or more credentials.", nameof(credentials));
    }

    private sealed class Several(AsyncAuthInterceptor[] interceptors) : CallCredentials
    {
        internal override IEnumerable<AsyncAuthInterceptor> Interceptors => interceptors;
    }
}

public class AuthInterceptorContext(string serviceUrl, string methodName, CancellationToken cancellationToken)
{
    public AuthInterceptorContext(string serviceUrl, string methodName)
        : this(serviceUrl, methodName, CancellationToken.None)
    {
    }

    // https://authority/package.Service.
    public string ServiceUrl { get; } = serviceUrl ?? throw new ArgumentNullException(nameof(serviceUrl));

    public string MethodName { get; } = methodName ?? throw new ArgumentNullException(nameof(methodName));

    // Fires when the call ends.
    public CancellationToken CancellationToken { get; } = cancellationToken;
}
