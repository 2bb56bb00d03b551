using Microsoft.Extensions.Logging;

namespace Platform.Connectors;

/// <summary>What an action is given besides its options and arguments.</summary>
/// <param name="InvocationId">The same when a transient failure is tried again.</param>
/// <param name="Log">Goes to the platform's log of this invocation. Never log options.</param>
/// <param name="Report">Tells what it is at, a short line, and how far it is from 0 to 1; returns once it is sent.</param>
public sealed record ActionContext(string InvocationId, ILogger Log, Func<string, double?, Task> Report);

/// <summary>The action did not do it. Any other exception is an error with the code <c>failed</c>.</summary>
/// <param name="code">A short word of the connector's own.</param>
/// <param name="message">For people; not a secret.</param>
/// <param name="retryable">Trying again may help.</param>
/// <param name="violations">Any: the arguments were at fault, nothing was done.</param>
public sealed class ActionException(string code, string message, bool retryable = false, IReadOnlyList<FieldViolation>? violations = null) : Exception(message)
{
    /// <summary>A short word of the connector's own.</summary>
    public string Code => code;

    /// <summary>Trying again may help.</summary>
    public bool Retryable => retryable;

    /// <summary>Any: the arguments were at fault, nothing was done.</summary>
    public IReadOnlyList<FieldViolation> Violations => violations ?? [];
}

/// <summary>What is wrong with one argument.</summary>
/// <param name="Field">Its name.</param>
/// <param name="Message">What it should be; never its value if that is secret.</param>
public sealed record FieldViolation(string Field, string Message);
