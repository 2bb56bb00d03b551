namespace Platform.Interop.Tests.Matrix;

/// <summary>What a peer's library cannot do. Never for our side: what that cannot do is a failure.</summary>
internal static class PeerLimits
{
    public const string Ours = "ours";

    private const string GoMirrors = "grpc-go's server of this version compresses exactly the responses to compressed requests: the client compressed its request where it wanted that; both messages of the stream came compressed.";
    private const string GoSilent = "grpc-go's client of this version decompresses responses but does not say so, without which a server may not compress: the client set grpc-accept-encoding itself.";
    private const string GoWhole = "grpc-go's client compresses all messages of a call or none: both messages of the stream were sent compressed.";
    private const string JavaScriptPlain = "grpc-js's server cannot compress.";
    private const string PythonBlind = "grpcio's server cannot see whether a message came compressed: there was no probe.";
    private const string PythonWhole = "grpcio's client compresses all messages of a call or none: both messages of the stream were sent compressed.";
    private const string PythonUnseen = "grpcio's client cannot see whether a message came compressed: the sizes alone were compared.";

    /// <summary>Why the case could not be run in full, or at all.</summary>
    public static (string Reason, bool NotApplicable)? Of(string client, string server, string name) => (client, server, name) switch
    {
        (_, "go", "server_compressed_unary" or "server_compressed_streaming") => (GoMirrors, false),
        (_, "js", "server_compressed_unary" or "server_compressed_streaming") => (JavaScriptPlain, true),
        (_, "python", "client_compressed_unary" or "client_compressed_streaming") => (PythonBlind, false),
        ("go", _, "client_compressed_streaming") => (GoWhole, false),
        ("go", _, "server_compressed_unary" or "server_compressed_streaming") => (GoSilent, false),
        ("python", _, "client_compressed_streaming") => (PythonWhole, false),
        ("python", _, "server_compressed_unary" or "server_compressed_streaming") => (PythonUnseen, false),
        _ => null,
    };
}
