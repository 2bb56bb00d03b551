using Google.Protobuf.Reflection;
using Platform.Oms;

namespace Platform.Runner.Drivers.Oms.Rpc;

/// <summary>Which method an action means.</summary>
internal static class RpcMethods
{
    private const int MaxListed = 50;

    /// <summary>
    /// The one that <c>rpc.method</c> names, as <c>package.Service/Method</c>, <c>Service/Method</c> or <c>Method</c>; without it the one named like the action, to the
    /// letter or else ignoring case and <c>_</c>.
    /// </summary>
    /// <exception cref="RunFaultException"><c>rpc_method_unknown</c>, <c>rpc_method_ambiguous</c> or <c>rpc_method_unsupported</c>: mistakes of the definition.</exception>
    public static MethodDescriptor Choose(RpcTypes types, string action, OmsRpc rpc)
    {
        var found = rpc.Method is { } wanted ? Named(types, wanted.TrimStart('/')) : Like(types, action);
        var method = found.Count switch
        {
            0 => throw RpcFaults.MethodUnknown(rpc.Method ?? action, Listed(types.Methods)),
            1 => found[0],
            _ => throw RpcFaults.MethodAmbiguous(rpc.Method ?? action, Listed(found)),
        };
        return method.IsClientStreaming ? throw RpcFaults.MethodUnsupported(Name(method)) : method;
    }

    public static string Name(MethodDescriptor method) => $"{method.Service.FullName}/{method.Name}";

    private static List<MethodDescriptor> Named(RpcTypes types, string wanted)
    {
        var slash = wanted.LastIndexOf('/');
        if (slash < 0)
            return [.. types.Methods.Where(m => m.Name == wanted)];
        var (service, name) = (wanted[..slash], wanted[(slash + 1)..]);
        List<MethodDescriptor> whole = [.. types.Methods.Where(m => m.Name == name && m.Service.FullName == service)];
        return whole.Count > 0 ? whole : [.. types.Methods.Where(m => m.Name == name && m.Service.Name == service)];
    }

    private static List<MethodDescriptor> Like(RpcTypes types, string action)
    {
        List<MethodDescriptor> exact = [.. types.Methods.Where(m => m.Name == action)];
        return exact.Count > 0 ? exact : [.. types.Methods.Where(m => string.Equals(Bare(m.Name), Bare(action), StringComparison.OrdinalIgnoreCase))];
    }

    private static string Bare(string name) => name.Replace("_", "", StringComparison.Ordinal);

    private static string Listed(IReadOnlyCollection<MethodDescriptor> methods) => methods.Count == 0 ? "it has no methods at all"
        : string.Join(", ", methods.Take(MaxListed).Select(Name)) + (methods.Count > MaxListed ? $" and {methods.Count - MaxListed} more" : "");
}
