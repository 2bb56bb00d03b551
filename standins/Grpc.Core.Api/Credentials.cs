namespace Grpc.Core;

public abstract class ChannelCredentials
{
    private protected ChannelCredentials()
    {
    }

    public static ChannelCredentials Insecure { get; } = new Plain();

    public static ChannelCredentials SecureSsl { get; } = new SslCredentials();

    internal virtual bool Secure => false;

    // What is added to every call of the channel; null: nothing.
    internal virtual CallCredentials? OfCalls => null;

    // Only secure channels carry call credentials.
    public static ChannelCredentials Create(ChannelCredentials channelCredentials, CallCredentials callCredentials) => new Composite(channelCredentials, callCredentials);

    private sealed class Plain : ChannelCredentials;

    private sealed class Composite : ChannelCredentials
    {
        public Composite(ChannelCredentials channel, CallCredentials calls)
        {
            ArgumentNullException.ThrowIfNull(channel);
            ArgumentNullException.ThrowIfNull(calls);
            if (channel is not SslCredentials)
                throw new ArgumentException("Supplied channel credentials do not allow composition.", nameof(channel));

            OfCalls = calls;
        }

        internal override bool Secure => true;

        internal override CallCredentials OfCalls { get; }
    }
}

// TLS with the system's roots; certificates of the client's own are the HTTP handler's business.
public sealed class SslCredentials : ChannelCredentials
{
    internal override bool Secure => true;
}
