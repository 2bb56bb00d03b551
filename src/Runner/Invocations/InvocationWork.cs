using Platform.Registry.V1;
using Platform.Runner.Processes;
using Platform.ServiceDefaults;

namespace Platform.Runner.Invocations;

/// <summary>All that is needed to carry out an invocation; in memory alone, for as long as it takes.</summary>
/// <param name="Options">Secret: the validated JSON object.</param>
/// <param name="Arguments">May be secret: the validated JSON object.</param>
/// <param name="Timeout">From its turn on, all attempts together.</param>
/// <param name="HasPlace">It is running already, in a place taken by <see cref="InvocationExecution.TryTakePlace"/>.</param>
internal sealed record InvocationWork(
    Invocation Invocation, ConnectorStart Start, ActionSpecification Action, string Options, string Arguments, OptionMask Mask, TimeSpan Timeout, bool HasPlace = false);
