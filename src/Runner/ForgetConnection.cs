using Platform.Contracts;
using Platform.Runner.Invocations;
using Platform.Runner.Runs;

namespace Platform.Runner;

/// <summary>
/// On <c>connection.deleted</c>: what is under way for the connection, on whichever replica, is told to end. Nothing begins for it any more, as Registry no
/// longer knows it. The records of what was stay.
/// </summary>
internal sealed class ForgetConnection(RunStore runs, InvocationStore invocations)
{
    public async Task RunAsync(ConnectionDeleted deleted, CancellationToken cancel)
    {
        await runs.CancelOfConnectionAsync(deleted.ConnectionId, cancel);
        await invocations.CancelOfConnectionAsync(deleted.ConnectionId, cancel);
    }
}
