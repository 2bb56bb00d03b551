using System.Globalization;

namespace Aspire.Hosting.ApplicationModel;

public sealed class EndpointAnnotation : IResourceAnnotation
{
    private readonly TaskCompletionSource<int> allocated = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal EndpointAnnotation(string name, string? uriScheme = null, string? transport = null, int? port = null)
    {
        Name = name;
        UriScheme = uriScheme ?? "tcp";
        Transport = transport ?? UriScheme;
        Port = port;
    }

    public string Name { get; set; }

    public string UriScheme { get; set; }

    public string Transport { get; set; }

    /// <summary>The port that is wanted; null: any.</summary>
    public int? Port { get; set; }

    public int? TargetPort { get; set; }

    public bool IsExternal { get; set; }

    public string TargetHost { get; set; } = "localhost";

    /// <summary>Comes from the project's Kestrel section: the address goes out as Kestrel__Endpoints__NAME__Url, not in ASPNETCORE_URLS.</summary>
    internal bool FromKestrelConfiguration { get; init; }

    internal bool IsAllocated => allocated.Task.IsCompleted;

    internal Task<int> AllocatedPort => allocated.Task;

    internal string Url => IsAllocated
        ? UrlAt(allocated.Task.Result)
        : throw new InvalidOperationException($"The endpoint '{Name}' has no address yet: start the application first.");

    internal string UrlAt(int port) => string.Create(CultureInfo.InvariantCulture, $"{UriScheme}://{TargetHost}:{port}");

    internal void Allocate(int value) => allocated.TrySetResult(value);

    internal IValueProvider PortValue =>
        new DeferredValue(async cancellationToken => (await allocated.Task.WaitAsync(cancellationToken)).ToString(CultureInfo.InvariantCulture));

    internal IValueProvider UrlValue => new DeferredValue(async cancellationToken =>
    {
        await allocated.Task.WaitAsync(cancellationToken);
        return Url;
    });
}
