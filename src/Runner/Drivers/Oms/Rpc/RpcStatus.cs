using System.Text;
using Grpc.Core;

namespace Platform.Runner.Drivers.Oms.Rpc;

/// <summary>
/// What a gRPC status means for an action (github.com/grpc/grpc, doc/statuscodes.md): of those that it says may be tried again, or that name a state that passes, another
/// attempt may help.
/// </summary>
internal static class RpcStatus
{
    private const int MaxText = 4000;

    public static ActionError Error(RpcException e)
    {
        var status = e.StatusCode;
        // ABORTED says "retry at a higher level", which an action is.
        var isTransient = status is StatusCode.Unavailable or StatusCode.ResourceExhausted or StatusCode.Aborted or StatusCode.DeadlineExceeded;
        var text = e.Status.Detail.Length <= MaxText ? e.Status.Detail : e.Status.Detail[..MaxText] + "…";
        return new(Code(status), text.Length > 0 ? $"The service answered {Name(status)}: {text}" : $"The service answered {Name(status)}.", isTransient, []);
    }

    /// <summary>As in <c>grpc_not_found</c>.</summary>
    public static string Code(StatusCode status) => "grpc_" + Name(status).ToLowerInvariant();

    /// <summary>As the specification writes it.</summary>
    private static string Name(StatusCode status)
    {
        var text = new StringBuilder();
        foreach (var letter in status.ToString())
            text.Append(char.IsUpper(letter) && text.Length > 0 ? "_" : "").Append(char.ToUpperInvariant(letter));
        return text.ToString();
    }
}
