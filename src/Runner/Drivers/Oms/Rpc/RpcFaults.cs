namespace Platform.Runner.Drivers.Oms.Rpc;

/// <summary>Every way in which an RPC action fails by itself; what a service answers by a gRPC status is in <see cref="RpcStatus"/>.</summary>
internal static class RpcFaults
{
    private const string Definition = "Correct the action in the service's description, and install it again.";

    public static RunFaultException BadDescriptors(string why) => new(new("bad_descriptors",
        $"What is known of the service's messages makes no sense: {why}.",
        "Correct its .proto files and install it again, or, where the service was asked by reflection, the service."));

    public static RunFaultException BadMessage(string type, string why) => new(new("grpc_bad_message",
        $"The service sent what is no {type}: {why}.",
        "The service may have been built from another .proto than it was installed with: install its current version, or correct it."));

    public static RunFaultException TooManyValues(int limit) => new(new("result_too_large",
        $"The action's result has more than {limit} values.", "Ask the action for less, or let the service answer with less."));

    public static RunFaultException MethodUnknown(string wanted, string methods) => new(new("rpc_method_unknown",
        $"The service has no method \"{wanted}\"; it has: {methods}.", $"Name the method as rpc.method: package.Service/Method. {Definition}"));

    public static RunFaultException MethodAmbiguous(string wanted, string methods) => new(new("rpc_method_ambiguous",
        $"\"{wanted}\" may be any of {methods}.", $"Name the method in full as rpc.method: package.Service/Method. {Definition}"));

    public static RunFaultException MethodUnsupported(string method) => new(new("rpc_method_unsupported",
        $"{method} takes a stream of messages; an action has one set of arguments.", $"Choose a method with a single request. {Definition}"));

    public static RunFaultException CaUnusable(string file, string why) => new(new("rpc_ca_unusable",
        $"The certificates in {file} can't be used: {why}.", $"Give a file with certificates as PEM, relative to the description. {Definition}"));

    public static RunFaultException NoReflection(string why) => new(new("rpc_no_reflection",
        $"The service did not tell of its messages by server reflection: {why}",
        "Turn on server reflection (grpc.reflection.v1 or v1alpha) in the service, or name its .proto as rpc.framework.grpc.proto.path."));

    public static RunFaultException Unreachable(string address, string why) => new(new("rpc_unreachable",
        $"The service could not be reached at {address}: {why}", "Check rpc.client and the service's port, and that the service is up.", Transient: true));

    public static RunFaultException TlsFailed(string address, string why) => new(new("rpc_tls_failed",
        $"No TLS connection to {address} came about: {why}",
        "Its certificate has to be valid for that name, and to be signed by what the machine trusts or by the description's ca file."));

    public static RunFaultException Refused(string code, string message, string? remedy) => new(new(code, message, remedy));
}
