namespace Grpc.Core;

public abstract class ClientBase
{
    private readonly ClientBaseConfiguration configuration;

    // For test doubles that override every method.
    protected ClientBase()
        : this(new ClientBaseConfiguration(new Internal.UnimplementedCallInvoker()))
    {
    }

    protected ClientBase(ClientBaseConfiguration configuration) =>
        this.configuration = configuration ?? throw new ArgumentNullException(nameof(configuration));

    public ClientBase(ChannelBase channel)
        : this(channel.CreateCallInvoker())
    {
    }

    public ClientBase(CallInvoker callInvoker)
        : this(new ClientBaseConfiguration(callInvoker))
    {
    }

    protected CallInvoker CallInvoker => configuration.CallInvoker;

    // Where a client gets its call invoker from, as generated code hands it on.
    protected internal class ClientBaseConfiguration
    {
        internal ClientBaseConfiguration(CallInvoker callInvoker) =>
            CallInvoker = callInvoker ?? throw new ArgumentNullException(nameof(callInvoker));

        internal CallInvoker CallInvoker { get; }
    }
}

public abstract class ClientBase<T> : ClientBase
    where T : ClientBase<T>
{
    protected ClientBase()
    {
    }

    protected ClientBase(ClientBaseConfiguration configuration)
        : base(configuration)
    {
    }

    protected ClientBase(ChannelBase channel)
        : base(channel)
    {
    }

    protected ClientBase(CallInvoker callInvoker)
        : base(callInvoker)
    {
    }

    protected abstract T NewInstance(ClientBaseConfiguration configuration);
}
