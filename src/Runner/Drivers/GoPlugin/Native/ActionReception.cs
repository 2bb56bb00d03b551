using Grpc.Core;
using Platform.Connector.V1;
using Platform.Runner.Processes;

namespace Platform.Runner.Drivers.GoPlugin.Native;

/// <summary>Takes what one Invoke says: progress and log, then a result, perhaps in parts, or an error.</summary>
internal sealed class ActionReception(ActionWork work, ConnectorOutput output)
{
    private const int MaxViolations = 100;
    private readonly MemoryStream result = new();
    private bool hasResult;
    private ActionError? error;

    /// <exception cref="RunFaultException">protocol_violation or result_too_large.</exception>
    public async Task<ActionAnswer> ReadAsync(IAsyncStreamReader<ActionMessage> messages, CancellationToken stop)
    {
        while (await messages.MoveNext(stop))
            Take(messages.Current);
        if (error is not null)
            return new(null, error);
        if (!hasResult)
            throw Faults.ProtocolViolation("it ended the action without a result or an error");
        return new(result.Length == 0 ? "null"u8.ToArray() : result.ToArray(), null);
    }

    private void Take(ActionMessage message)
    {
        if (error is not null || (hasResult && message.BodyCase is ActionMessage.BodyOneofCase.Error))
            throw Faults.ProtocolViolation($"it sent {Name(message)} after the action's {(error is null ? "result" : "error")}");
        switch (message.BodyCase)
        {
            case ActionMessage.BodyOneofCase.Progress:
                work.OnProgress(Words.Line(message.Progress.Message), Words.Fraction(message.Progress));
                break;
            case ActionMessage.BodyOneofCase.Log:
                output.Add(Words.Level(message.Log.Level), Words.Text(message.Log.Message));
                break;
            case ActionMessage.BodyOneofCase.Result:
                hasResult = true;
                if (result.Length + message.Result.Json.Length > work.MaxResultBytes)
                    throw Faults.ResultTooLarge(work.MaxResultBytes);
                result.Write(message.Result.Json.Span);
                break;
            case ActionMessage.BodyOneofCase.Error:
                var said = message.Error;
                error = new(
                    said.Code.Length == 0 ? "failed" : Words.Line(said.Code), Words.Text(said.Message), said.Retryable,
                    [.. said.Violations.Take(MaxViolations).Select(v => new Drivers.FieldViolation(Words.Line(v.Field), Words.Line(v.Message)))]);
                break;
            default:
                // Of a later version of the contract.
                break;
        }
    }

    private static string Name(ActionMessage message) => message.BodyCase switch
    {
        ActionMessage.BodyOneofCase.Error => "an error",
        ActionMessage.BodyOneofCase.Result => "a result",
        _ => "more",
    };
}
