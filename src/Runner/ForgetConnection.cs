using Platform.Contracts;
using Platform.Runner.Drivers;
using Platform.Runner.Invocations;
using Platform.Runner.Runs;
using Platform.Runner.Schedules;
using Platform.Runner.Subscriptions;

namespace Platform.Runner;

/// <summary>
/// On <c>connection.deleted</c>: its schedules and subscriptions go, and what is under way for it, on whichever replica, is told to end. Nothing begins for it any more, as Registry no
/// longer knows it. The records of what was stay.
/// </summary>
internal sealed class ForgetConnection(RunStore runs, InvocationStore invocations, ScheduleStore schedules, SubscriptionStore subscriptions, ConnectorDrivers drivers)
{
    public async Task RunAsync(ConnectionDeleted deleted, CancellationToken cancel)
    {
        await schedules.RemoveOfConnectionAsync(deleted.ConnectionId, cancel);
        await subscriptions.RemoveAsync(deleted.ConnectionId, null, cancel);
        await runs.CancelOfConnectionAsync(deleted.ConnectionId, cancel);
        await invocations.CancelOfConnectionAsync(deleted.ConnectionId, cancel);
        await drivers.ForgetAsync(deleted.ConnectionId, cancel);
    }
}
