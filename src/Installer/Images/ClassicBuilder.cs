using Docker.DotNet;
using Docker.DotNet.Models;
using Microsoft.Extensions.Options;
using Platform.ServiceDefaults;

namespace Platform.Installer.Images;

/// <summary>The engine's classic builder, which every engine has, and which keeps to a network and a limit of memory.</summary>
internal sealed class ClassicBuilder(EngineImages images, IOptions<InstallOptions> options)
{
    /// <exception cref="InstallFailedException"><c>image_build_failed</c>.</exception>
    public async Task RunAsync(string name, string dockerfile, IDictionary<string, string> labels, string context, BuildOutput output, CancellationToken ct)
    {
        await images.EnsureNetworkAsync(ct);
        var parameters = new ImageBuildParameters
        {
            Tags = [name],
            Dockerfile = dockerfile,
            Labels = labels,
            Remove = true,
            ForceRemove = true,
            NetworkMode = ContainerEngine.Network,
            Memory = options.Value.CommandMemoryBytes,
            MemorySwap = options.Value.CommandMemoryBytes,
        };
        string? failure = null;
        await using var content = File.OpenRead(context);
        try
        {
            await images.AskAsync("build", client => client.Images.BuildImageFromDockerfileAsync(parameters, content, null, null, new EngineImages.Told(message =>
            {
                failure ??= message.Error?.Message;
                output.Add("stdout", message.Stream ?? "");
            }), ct));
        }
        catch (DockerApiException e)
        {
            failure = ContainerEngine.WordsOf(e);
        }
        output.End();
        if (failure is not null) throw ImageErrors.BuildFailed(failure, output.ToString());
    }
}
