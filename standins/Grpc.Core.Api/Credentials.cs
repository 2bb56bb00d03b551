namespace Grpc.Core;

public abstract class ChannelCredentials
{
    private protected ChannelCredentials()
    {
    }

    public static ChannelCredentials Insecure { get; } = new Plain(secure: false);

    public static ChannelCredentials SecureSsl { get; } = new Plain(secure: true);

    internal abstract bool Secure { get; }

    private sealed class Plain(bool secure) : ChannelCredentials
    {
        internal override bool Secure => secure;
    }
}

// Nothing here makes one; it only keeps its place among CallOptions' parameters.
public abstract class CallCredentials
{
    private protected CallCredentials()
    {
    }
}
