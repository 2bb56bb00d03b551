namespace Platform.ServiceDefaults;

/// <summary>A failure with an answer for the caller; HTTP and gRPC turn it into problem details and never log it.</summary>
public sealed class ProblemException(Problem problem, Exception? cause = null) : Exception($"{problem.Code}: {problem.Detail}", cause)
{
    public Problem Problem { get; } = problem;
}
