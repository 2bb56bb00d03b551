using Grpc.Core;
using Platform.Runner.Runs;

namespace Platform.Runner.Drivers.GoPlugin;

/// <summary>
/// c1's <c>proto.CallbackHandler</c>. Messages stay the bytes that they are: a page has the same wire form as the one
/// that Ingest takes.
/// </summary>
[BindServiceMethod(typeof(CallbackService), nameof(Bind))]
internal sealed class CallbackService(CallbackSession session)
{
    public const string ServiceName = "proto.CallbackHandler";

    /// <summary>c1 has one stream, without a name.</summary>
    public const string OnlyStream = "";

    private static readonly Method<ReceivedPage, byte[]> UpsertMethod = new(MethodType.Unary, ServiceName, nameof(Upsert), ReceivedPage.Marshaller, RawMessages.Marshaller);
    private static readonly Method<byte[], byte[]> CleanMethod = new(MethodType.Unary, ServiceName, nameof(Clean), RawMessages.Marshaller, RawMessages.Marshaller);

    public static void Bind(ServiceBinderBase binder, CallbackService? service)
    {
        binder.AddMethod(UpsertMethod, service is null ? null! : service.Upsert);
        binder.AddMethod(CleanMethod, service is null ? null! : service.Clean);
    }

    /// <summary>Returns once the page is committed.</summary>
    public async Task<byte[]> Upsert(ReceivedPage page, ServerCallContext context)
    {
        session.ThrowIfEnded();
        try
        {
            await session.Pages.AcceptAsync(OnlyStream, page.Bytes);
            page.Release();
        }
        catch (RunFaultException e)
        {
            throw new RpcException(new Status(StatusCode.FailedPrecondition, $"{e.Fault.Code}: {e.Fault.Message}"));
        }

        return [];
    }

    public Task<byte[]> Clean(byte[] empty, ServerCallContext context)
    {
        session.ThrowIfEnded();
        session.FullListing = true;
        return Task.FromResult<byte[]>([]);
    }
}

/// <summary>One Sync as its callbacks see it.</summary>
internal sealed class CallbackSession(PageLoad pages)
{
    private volatile bool ended;

    public PageLoad Pages => pages;

    public bool FullListing { get; set; }

    public void End() => ended = true;

    public void ThrowIfEnded()
    {
        if (ended)
            throw new RpcException(new Status(StatusCode.FailedPrecondition, "The run has ended."));
    }
}
