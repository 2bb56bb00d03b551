namespace Platform.Gateway.Proxies;

/// <summary>Which proxies are believed: the section <c>Proxy</c> of the gateway's configuration.</summary>
internal sealed class ProxySettings
{
    public const string Section = "Proxy";

    /// <summary>Their addresses or networks, such as 127.0.0.1 or 10.0.0.0/8; none: there is no proxy.</summary>
    public IReadOnlyList<string> Networks { get; init; } = [];
}
