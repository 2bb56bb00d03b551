using System.Text.Json;
using Grpc.Core;

namespace Platform.ServiceDefaults;

/// <summary>A failure with an answer for the caller; HTTP and gRPC turn it into problem details and never log it.</summary>
public sealed class ProblemException(Problem problem, Exception? cause = null) : Exception($"{problem.Code}: {problem.Detail}", cause)
{
    /// <summary>The gRPC trailer that carries the problem as JSON.</summary>
    internal const string Trailer = "problem-bin";

    public Problem Problem { get; } = problem;

    /// <summary>The problem with which another service answered a gRPC call; null when it failed otherwise, as by being away.</summary>
    public static ProblemException? FromRpc(RpcException exception) =>
        exception.Trailers.GetValueBytes(Trailer) is { } json && ProblemJson.Parse(json) is { } problem
            ? new ProblemException(problem, exception)
            : null;

    /// <summary>400 <c>malformed_json</c> with line and byte position, for a body that a route parses by itself.</summary>
    public static ProblemException FromJson(JsonException exception) => new(RequestProblems.MalformedJson(exception), exception);

    /// <summary>The problem with which another service answered an HTTP request; null when the body is none.</summary>
    public static ProblemException? FromBody(ReadOnlySpan<byte> body) => ProblemJson.Parse(body) is { } problem ? new(problem) : null;

    internal static RpcException ToRpc(Problem problem, string? traceId) =>
        new(new Status(ProblemStatus.ToGrpc(problem.Status), $"{problem.Code}: {problem.Detail}"),
            new Metadata { { Trailer, ProblemJson.Serialize(problem, traceId) } });
}
