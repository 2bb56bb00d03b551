using Docker.DotNet;
using Platform.ServiceDefaults;

namespace Platform.Runner.Containers;

/// <summary>Ways in which a container fails, beside those of <see cref="Faults"/>.</summary>
internal static class ContainerFaults
{
    public static RunFaultException ImageMissing(string image, string? name, string engine) => new(new("image_missing",
        $"The image {(name is null ? image : $"{name} ({image})")} is not in the container engine at {engine}.",
        "Install the connector again."));

    public static RunFaultException NotCreated(DockerApiException refusal) => new(new("container_not_started",
        $"The container engine could not start the service: {ContainerEngine.WordsOf(refusal)}",
        "Check the image's entrypoint and the service's startup command."));

    public const string RefusedCode = "container_engine_failed";

    public static RunFaultException Refused(DockerApiException refusal) => new(new(RefusedCode,
        $"The container engine refused: {ContainerEngine.WordsOf(refusal)}", "Look into the engine's own log.", Transient: true));

    /// <summary>As of a connector that is gone in the midst of its work: what it had done by then, nobody knows.</summary>
    public static RunFaultException Lost(Exception cause) => new(new("connector_lost",
        $"The container engine went away while the command ran: {cause.Message}", "Look into the engine's own log."));

    public static RunFaultException NoPort(int port) => new(new("no_such_port",
        $"The service's port {port} is not one that its description names.", "Name the port in an action's interface or in health."));
}
