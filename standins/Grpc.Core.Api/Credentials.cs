namespace Grpc.Core;

public abstract class ChannelCredentials
{
    public static ChannelCredentials Insecure { get; } = new Plain(secure: false);

    public static ChannelCredentials SecureSsl { get; } = new Plain(secure: true);

    internal abstract bool Secure { get; }

    internal virtual CallCredentials? CallCredentials => null;

    public static ChannelCredentials Create(ChannelCredentials channelCredentials, CallCredentials callCredentials)
    {
        ArgumentNullException.ThrowIfNull(channelCredentials);
        ArgumentNullException.ThrowIfNull(callCredentials);
        return new Composite(channelCredentials, callCredentials);
    }

    private sealed class Plain(bool secure) : ChannelCredentials
    {
        internal override bool Secure => secure;
    }

    private sealed class Composite(ChannelCredentials channel, CallCredentials call) : ChannelCredentials
    {
        internal override bool Secure => channel.Secure;

        internal override CallCredentials? CallCredentials => call;
    }
}

public class AuthInterceptorContext(string serviceUrl, string methodName)
{
    public string ServiceUrl { get; } = serviceUrl;

    public string MethodName { get; } = methodName;
}

public delegate Task AsyncAuthInterceptor(AuthInterceptorContext context, Metadata metadata);

public abstract class CallCredentials
{
    internal abstract AsyncAuthInterceptor Interceptor { get; }

    public static CallCredentials FromInterceptor(AsyncAuthInterceptor interceptor)
    {
        ArgumentNullException.ThrowIfNull(interceptor);
        return new FromDelegate(interceptor);
    }

    private sealed class FromDelegate(AsyncAuthInterceptor interceptor) : CallCredentials
    {
        internal override AsyncAuthInterceptor Interceptor => interceptor;
    }
}
