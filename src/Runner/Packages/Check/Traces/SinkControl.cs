using System.Buffers.Binary;
using System.Net;
using Docker.DotNet;
using Platform.Runner.Containers;
using Platform.ServiceDefaults;

namespace Platform.Runner.Packages.Check.Traces;

/// <summary>
/// Whether a container reaches this machine at all: an address that is wrong, or a firewall in between, would look like an image that sends no spans. A
/// container of the image is started with a program of a few instructions in place of its own, which connects, and exits with the error number.
/// </summary>
internal static class SinkControl
{
    private const string Program = "/.platform-connect";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <returns>Null: it reaches it; else why not, a sentence.</returns>
    public static async Task<string?> RunAsync(CheckedImage image, Uri sink, CancellationToken cancel)
    {
        // For other architectures there is no such program; the sink was listened at, which has to do.
        if (image.Architecture != "amd64" || !IPAddress.TryParse(sink.Host, out var address))
            return null;
        var parameters = new ContainerStart(image.Id, image.Limits) { IsKeptAlive = true, HasInit = false, Labels = new Dictionary<string, string> { [CheckedImage.Label] = image.Id } }.ToParameters(Program);
        string? id = null;
        try
        {
            id = (await image.Engine.AskAsync(c => c.Containers.CreateContainerAsync(parameters, cancel))).ID;
            using var archive = KeepAlive.Archive(Program, Connect(address, sink.Port));
            await image.Engine.AskAsync(c => c.Containers.ExtractArchiveToContainerAsync(id, new() { Path = "/" }, archive, cancel));
            await image.Engine.AskAsync(c => c.Containers.StartContainerAsync(id, new(), cancel));
            var code = (await image.Engine.AskAsync(c => c.Containers.WaitContainerAsync(id, cancel)).WaitAsync(Limit, cancel)).StatusCode;
            return code == 0 ? null : $"A container can't connect to {sink.Authority}, where this check receives spans (error {code} of connect).";
        }
        catch (TimeoutException)
        {
            return $"A container can't connect to {sink.Authority}, where this check receives spans: nothing answers it.";
        }
        catch (DockerApiException e)
        {
            return $"Whether a container reaches {sink.Authority}, where this check receives spans, could not be tried: {ContainerEngine.WordsOf(e)}";
        }
        finally
        {
            if (id is not null)
                await RemoveAsync(image.Engine, id);
        }
    }

    // socket(AF_INET, SOCK_STREAM, 0); connect(it, address, 16); exit(-result)
    private static byte[] Connect(IPAddress address, int port)
    {
        byte[] code =
        [
            0xb8, 41, 0, 0, 0, 0xbf, 2, 0, 0, 0, 0xbe, 1, 0, 0, 0, 0x31, 0xd2, 0x0f, 0x05,
            0x89, 0xc7, 0x48, 0x8d, 0x35, 23, 0, 0, 0, 0xba, 16, 0, 0, 0, 0xb8, 42, 0, 0, 0, 0x0f, 0x05,
            0x89, 0xc7, 0xf7, 0xdf, 0xb8, 60, 0, 0, 0, 0x0f, 0x05,
        ];
        var target = new byte[16];
        target[0] = 2;
        BinaryPrimitives.WriteUInt16BigEndian(target.AsSpan(2), (ushort)port);
        address.GetAddressBytes().CopyTo(target, 4);
        return KeepAlive.Elf(62, [.. code, .. target]);
    }

    private static async Task RemoveAsync(ContainerEngine engine, string id)
    {
        try
        {
            await engine.AskAsync(c => c.Containers.RemoveContainerAsync(id, new() { Force = true, RemoveVolumes = true }));
        }
        catch (Exception e) when (e is DockerApiException or ProblemException)
        {
            // For the next look for dead ones.
        }
    }
}
