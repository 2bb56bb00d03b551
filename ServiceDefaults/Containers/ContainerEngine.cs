using System.Net.Sockets;
using Docker.DotNet;
using Docker.DotNet.Models;
using Microsoft.Extensions.Options;

namespace Platform.ServiceDefaults;

/// <summary>
/// The container engine (Docker Engine API 1.41 and newer), which may be there or not, and may come later than this service: nothing is asked before
/// something needs it. Where it can't be reached every use fails alike, in one sentence.
/// </summary>
public sealed class ContainerEngine(IOptions<ContainerSettings> settings) : IDisposable
{
    public const string Unavailable = "container_engine_unavailable";

    /// <summary>Of the network that the platform's containers, and its builds, are in.</summary>
    public const string Network = "platform";

    // Requests that wait by nature, such as for the end of a container, have none.
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromMinutes(2);

    private readonly Uri? address = AddressOf(settings.Value);
    private DockerClient? client;
    private HttpClient? http;

    /// <summary>Where the engine is looked for; shown.</summary>
    public string Address => address is null ? "nowhere" : address.Scheme == "unix" ? address.AbsolutePath : address.ToString();

    /// <summary>Asks the engine something.</summary>
    /// <exception cref="ProblemException">503 <c>container_engine_unavailable</c>: it can't be reached.</exception>
    /// <exception cref="DockerApiException">The engine refuses; <see cref="WordsOf"/> has its words.</exception>
    public async Task<T> AskAsync<T>(Func<IDockerClient, Task<T>> ask)
    {
        try
        {
            return await ask(Client());
        }
        catch (Exception e) when (IsAway(e))
        {
            throw Away(e);
        }
    }

    /// <inheritdoc cref="AskAsync{T}"/>
    public Task AskAsync(Func<IDockerClient, Task> ask) => AskAsync(async client =>
    {
        await ask(client);
        return true;
    });

    /// <summary>Sends what the client has no method for; the answer's content comes as the engine gives it.</summary>
    /// <param name="request">With a path from the root on, which begins with the API's version.</param>
    /// <exception cref="ProblemException">As of <see cref="AskAsync{T}"/>.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        if (address is null)
            throw Away(null);
        try
        {
            return await (http ??= Http(address)).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
        }
        catch (Exception e) when (IsAway(e))
        {
            throw Away(e);
        }
    }

    /// <exception cref="ProblemException">As of <see cref="AskAsync{T}"/>.</exception>
    public Task CheckAsync(CancellationToken cancel) => AskAsync(client => client.System.PingAsync(cancel));

    public async Task<bool> IsReachableAsync(CancellationToken cancel)
    {
        try
        {
            await CheckAsync(cancel);
            return true;
        }
        catch (ProblemException)
        {
            return false;
        }
    }

    /// <summary>
    /// Makes sure of the <see cref="Network"/>: a bridge of its own, where containers reach the world but not one another. An engine's default bridge may
    /// be absent, and is shared with whatever else runs there.
    /// </summary>
    public Task EnsureNetworkAsync(CancellationToken cancel) => AskAsync(async client =>
    {
        var wanted = new Dictionary<string, IDictionary<string, bool>> { ["name"] = new Dictionary<string, bool> { [Network] = true } };
        var known = await client.Networks.ListNetworksAsync(new() { Filters = wanted }, cancel);
        if (known.Any(n => n.Name == Network))
            return;
        try
        {
            await client.Networks.CreateNetworkAsync(
                new()
                {
                    Name = Network,
                    Driver = "bridge",
                    Options = new Dictionary<string, string> { ["com.docker.network.bridge.enable_icc"] = "false" },
                    Labels = new Dictionary<string, string> { ["platform.network"] = "true" },
                },
                cancel);
        }
        catch (DockerApiException e) when (e.StatusCode == System.Net.HttpStatusCode.Conflict)
        {
            // Somebody else made it in between.
        }
    });

    /// <summary>What the engine said, without the JSON around it.</summary>
    public static string WordsOf(DockerApiException refusal)
    {
        try
        {
            return System.Text.Json.JsonDocument.Parse(refusal.ResponseBody ?? "").RootElement.GetProperty("message").GetString()!.Trim();
        }
        catch (Exception e) when (e is System.Text.Json.JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return refusal.ResponseBody is { Length: > 0 } body ? body.Trim() : refusal.Message;
        }
    }

    public void Dispose()
    {
        client?.Dispose();
        http?.Dispose();
    }

    private DockerClient Client() => client ??= address is null
        ? throw Away(null)
        : new DockerClientBuilder().WithEndpoint(address).WithTimeout(RequestTimeout).Build();

    private static HttpClient Http(Uri address)
    {
        var handler = new SocketsHttpHandler { UseProxy = false };
        if (address.Scheme == "unix")
            handler.ConnectCallback = async (_, cancel) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(address.AbsolutePath), cancel);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            };
        var url = address.Scheme switch { "unix" => "http://engine", "tcp" => $"http://{address.Authority}", _ => address.GetLeftPart(UriPartial.Authority) };
        return new HttpClient(handler) { BaseAddress = new Uri(url), Timeout = Timeout.InfiniteTimeSpan };
    }

    private static Uri? AddressOf(ContainerSettings settings)
    {
        var given = settings.Socket is { Length: > 0 } set ? set
            : Environment.GetEnvironmentVariable("DOCKER_HOST") is { Length: > 0 } inherited ? inherited
            : "/var/run/docker.sock";
        return given == ContainerSettings.Off ? null : new Uri(given.StartsWith('/') ? "unix://" + given : given);
    }

    private static bool IsAway(Exception exception) =>
        exception is HttpRequestException or SocketException or IOException or TimeoutException;

    private ProblemException Away(Exception? cause) => new(
        new(Unavailable, 503, "No container engine can be reached",
            address is null
                ? "What runs in containers is switched off: the setting Containers:Socket says off."
                : $"No container engine answers at {Address}.",
            address is null
                ? "Let Containers:Socket, or Platform:ContainerEngine of the AppHost, name an engine's socket."
                : "Start the engine (Debian: apt-get install docker.io), or name its socket in DOCKER_HOST or the setting Containers:Socket; everything else of the platform works without it."),
        cause);
}
