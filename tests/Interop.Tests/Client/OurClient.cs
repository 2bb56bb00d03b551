namespace Platform.Interop.Tests.Client;

/// <summary>Runs the cases one after the other, as the clients in other languages do.</summary>
internal static class OurClient
{
    /// <summary>Every case by its name in the gRPC project, in the order of the matrix.</summary>
    public static readonly IReadOnlyList<(string Name, Func<InteropClient, Task> Run)> Cases =
    [
        ("empty_unary", MessageCases.EmptyUnary),
        ("large_unary", MessageCases.LargeUnary),
        ("client_streaming", MessageCases.ClientStreaming),
        ("server_streaming", MessageCases.ServerStreaming),
        ("ping_pong", MessageCases.PingPong),
        ("empty_stream", MessageCases.EmptyStream),
        ("timeout_on_sleeping_server", EndingCases.TimeoutOnSleepingServer),
        ("cancel_after_begin", EndingCases.CancelAfterBegin),
        ("cancel_after_first_response", EndingCases.CancelAfterFirstResponse),
        ("status_code_and_message", EndingCases.StatusCodeAndMessage),
        ("special_status_message", EndingCases.SpecialStatusMessage),
        ("unimplemented_method", EndingCases.UnimplementedMethod),
        ("unimplemented_service", EndingCases.UnimplementedServiceCase),
        ("custom_metadata", MetadataCases.CustomMetadata),
        ("client_compressed_unary", CompressionCases.ClientCompressedUnary),
        ("server_compressed_unary", CompressionCases.ServerCompressedUnary),
        ("client_compressed_streaming", CompressionCases.ClientCompressedStreaming),
        ("server_compressed_streaming", CompressionCases.ServerCompressedStreaming),
    ];

    /// <summary>The error of each case, null where it passed.</summary>
    public static async Task<IReadOnlyDictionary<string, string?>> RunAsync(string target, IReadOnlyCollection<string> serverLimits, CancellationToken cancellationToken)
    {
        var errors = new Dictionary<string, string?>();
        foreach (var (name, run) in Cases)
        {
            // A connection for each: no case suffers from what the one before left behind.
            using var client = new InteropClient(target, serverLimits);
            try
            {
                // Twice a call's deadline: a case that is not done by then hangs.
                await run(client).WaitAsync(2 * InteropClient.CaseTimeout, cancellationToken);
                errors[name] = null;
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                errors[name] = $"{exception.GetType().Name}: {exception.Message}";
            }
        }

        return errors;
    }
}
