using System.Globalization;
using System.Net.Sockets;

namespace Aspire.Hosting.ApplicationModel;

public sealed class EndpointAnnotation(
    ProtocolType protocol, string? uriScheme = null, string? transport = null, string? name = null,
    int? port = null, int? targetPort = null, bool? isExternal = null, bool isProxied = true) : IResourceAnnotation
{
    private readonly TaskCompletionSource<int> allocated = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ProtocolType Protocol { get; set; } = protocol;

    public string UriScheme { get; set; } = uriScheme ?? "tcp";

    public string Transport { get; set; } = transport ?? (uriScheme is "http" or "https" ? "http" : "tcp");

    public string Name { get; set; } = name ?? uriScheme ?? "tcp";

    /// <summary>The port that is wanted; null: any.</summary>
    public int? Port { get; set; } = port;

    public int? TargetPort { get; set; } = targetPort;

    public bool IsExternal { get; set; } = isExternal ?? false;

    public bool IsProxied { get; set; } = isProxied;

    public string TargetHost { get; set; } = "localhost";

    /// <summary>Comes from the project's Kestrel section: the address goes out as Kestrel__Endpoints__NAME__Url, not in ASPNETCORE_URLS.</summary>
    internal bool FromKestrelConfiguration { get; init; }

    internal bool IsAllocated => allocated.Task.IsCompleted;

    internal Task<int> AllocatedPort => allocated.Task;

    internal string Url => IsAllocated
        ? string.Create(CultureInfo.InvariantCulture, $"{UriScheme}://{TargetHost}:{allocated.Task.Result}")
        : throw new InvalidOperationException($"The endpoint '{Name}' has no address yet: start the application first.");

    internal void Allocate(int value) => allocated.TrySetResult(value);

    internal IValueProvider PortValue =>
        new DeferredValue(async cancellationToken => (await allocated.Task.WaitAsync(cancellationToken)).ToString(CultureInfo.InvariantCulture));

    internal IValueProvider UrlValue => new DeferredValue(async cancellationToken =>
    {
        await allocated.Task.WaitAsync(cancellationToken);
        return Url;
    });
}
