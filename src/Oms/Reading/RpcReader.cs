using System.Globalization;
using Platform.Oms.Yaml;

namespace Platform.Oms.Reading;

/// <summary>Reads the RPC interface. What an action leaves open, <c>rpc</c> at the root of the file may say for all.</summary>
internal static class RpcReader
{
    // The example of the specification calls the service so; seen from the service, all of them are itself.
    private static readonly string[] Itself = ["service", "localhost", "127.0.0.1", "::1", "0.0.0.0"];

    public static (OmsRpc? Rpc, string? Unusable) Read(Section? own, Section? shared)
    {
        var (first, second) = (Part.Of(own), Part.Of(shared));
        if ((first.Framework ?? second.Framework) is { } other) return (null, $"Its framework is {Section.Short(other)}; only grpc is supported.");
        if ((first.Port ?? second.Port) is not { } port) return (null, "Its rpc has no port, neither of the client nor of the server.");
        var host = first.Host ?? second.Host;
        return (new OmsRpc(
            first.Proto ?? second.Proto, host is null || Itself.Contains(host) ? null : host, port, first.Tls ?? second.Tls ?? false, first.Ca ?? second.Ca,
            first.Method), null);
    }

    /// <param name="Framework">Another than gRPC.</param>
    private sealed record Part(string? Framework = null, string? Proto = null, string? Host = null, int? Port = null, bool? Tls = null, string? Ca = null, string? Method = null)
    {
        public static Part Of(Section? rpc)
        {
            if (rpc is null) return new Part();
            var client = rpc.Child("client", Vocabulary.Client);
            var (framework, proto) = FrameworkOf(rpc);
            var (host, port, secure) = EndpointOf(client);
            var tls = client?["tls"] is YamlMap ? client.Child("tls", Vocabulary.Tls) : null;
            return new Part(
                framework, proto ?? ProtoOf(rpc), host, client?.Port() ?? port ?? rpc.Port(), tls is null ? client?.Flag("tls") ?? secure : tls.Flag("enabled") ?? true,
                rpc.Text("ca") ?? client?.Text("ca") ?? tls?.Text("ca"), rpc.Text("method"));
        }

        private static (string? Other, string? Proto) FrameworkOf(Section rpc)
        {
            if (rpc["framework"] is YamlScalar name) return (name.Value.Equals("grpc", StringComparison.OrdinalIgnoreCase) ? null : name.Value, null);
            if (rpc["framework"] is YamlMap map && map["grpc"] is null && map.Entries.Count > 0) return (map.Entries[0].Key.Value, null);
            return (null, rpc.Child("framework", Vocabulary.Framework)?.Child("grpc", Vocabulary.Grpc) is { } grpc ? ProtoOf(grpc) : null);
        }

        private static string? ProtoOf(Section section) =>
            section["proto"] is YamlScalar uri ? uri.Value : section.Child("proto", Vocabulary.Proto)?.Text("path");

        // host, host:port, or either with a scheme
        private static (string? Host, int? Port, bool? Secure) EndpointOf(Section? client)
        {
            if (client?.Text("endpoint") is not { Length: > 0 } text) return (null, null, null);
            var scheme = text.IndexOf("://", StringComparison.Ordinal);
            bool? secure = scheme < 0 ? null : text[..scheme].ToLowerInvariant() is "https" or "grpcs";
            var rest = (scheme < 0 ? text : text[(scheme + 3)..]).TrimEnd('/');
            if (Uri.TryCreate($"http://{rest}", UriKind.Absolute, out var uri) && uri is { PathAndQuery: "/", UserInfo: "", Fragment: "" })
                return (uri.IdnHost, rest.EndsWith($":{uri.Port.ToString(CultureInfo.InvariantCulture)}", StringComparison.Ordinal) ? uri.Port : null, secure);
            client.Warn(client["endpoint"]!, "wrong_value", "endpoint", "An endpoint is a host, or a host and a port; the service itself is taken.");
            return (null, null, secure);
        }
    }
}
