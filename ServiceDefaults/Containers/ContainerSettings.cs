namespace Platform.ServiceDefaults;

/// <summary>The part of the section <c>Containers</c> that every service reads which needs an engine.</summary>
public sealed class ContainerSettings
{
    public const string Section = "Containers";

    /// <summary>The value of <see cref="Socket"/> with which there is no engine, whatever the machine has.</summary>
    public const string Off = "off";

    /// <summary>Path of the engine's socket, or a unix:// or tcp:// address. Default: DOCKER_HOST, else /var/run/docker.sock.</summary>
    public string? Socket { get; init; }
}
