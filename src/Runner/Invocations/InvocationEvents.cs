using Platform.Contracts;
using Platform.ServiceDefaults;

namespace Platform.Runner.Invocations;

internal static class InvocationEvents
{
    /// <summary>Of an invocation whose row has just become final.</summary>
    public static OutboxEvent Ended(Invocation ended, InvocationError? error)
    {
        var finished = ended.FinishedAt ?? throw new InvalidOperationException("The invocation has not ended.");
        return error is null
            ? Event(ended, EventTypes.ActionCompleted, new ActionCompleted(
                ended.Id, ended.ConnectionId, ended.Connection, ended.Connector, ended.Action, ended.State, ended.Attempt, ended.StartedAt, finished))
            : Event(ended, EventTypes.ActionFailed, new ActionFailed(
                ended.Id, ended.ConnectionId, ended.Connection, ended.Connector, ended.Action, ended.State, ended.Attempt, new(error.Code, error.Message, error.Remedy),
                ended.StartedAt, finished));
    }

    private static OutboxEvent Event(Invocation ended, string type, object body) =>
        new(Guid.CreateVersion7(), type, ended.Connector, $"/runner/invocations/{ended.Id}", body);
}
