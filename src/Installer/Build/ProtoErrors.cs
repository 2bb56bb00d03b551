using Platform.Contracts;
using Platform.Installer.Build;

namespace Platform.Installer;

/// <summary>Every way in which an install fails for the .proto of an RPC interface.</summary>
internal static class ProtoErrors
{
    public static InstallFailedException Invalid(string uri, string errors, string output) => Failure("proto_invalid",
        $"The .proto '{uri}' does not compile: {errors}", "Correct it at the line and column that are named. What it imports has to lie beside it, or below the source's root; Google's own google/protobuf/*.proto are there.", output);

    public static InstallFailedException NotFound(string uri) => Failure("proto_not_found",
        $"There is no file for the .proto '{uri}'.", "Correct rpc.framework.grpc.proto.path: it is relative to the root of the source, or a URI.");

    public static InstallFailedException BadUri(string uri, string why) => Failure("proto_bad_uri",
        $"The .proto '{uri}' can't be fetched: {why}.",
        "Use a path relative to the root of the source, http(s)://host/path/api.proto, or a git URL followed by the file's path: git@host:group/repo.git/path/api.proto.");

    public static InstallFailedException TooLarge(string uri, long maxBytes) => Failure("proto_too_large",
        $"The .proto '{uri}', or the descriptors that come of it, are larger than {maxBytes} bytes.", "Give one that holds no more than the service needs.");

    public static InstallFailedException Stopped(string uri, TimeSpan limit, Excess? excess, string output) => Failure("proto_stopped",
        excess is null ? $"The .proto '{uri}' was not compiled within {limit.TotalSeconds:0} s." : $"The compilation of the .proto '{uri}' was stopped: it took too much ({excess}).",
        "Make it smaller, or raise the limits in Install.", output);

    public static InstallFailedException CompilerMissing() => Failure("protoc_missing",
        "The Installer has no protoc for this machine's kind of processor.", "Leave rpc.framework.grpc.proto out and let the service offer server reflection.");

    private static InstallFailedException Failure(string code, string message, string remedy, string? output = null) =>
        new(new InstallError(code, message, remedy, null, null, output));
}
