using System.Text.Json.Serialization;
using Platform.Contracts;
using Platform.Installer.Installs;

namespace Platform.Installer.Images.Builds;

/// <summary>One build of an image by request, as <c>builds/&lt;id&gt;/status</c> keeps it and the API answers it.</summary>
/// <param name="Folder">Its context, as it was asked for.</param>
/// <param name="Dockerfile">Relative to it.</param>
/// <param name="Name">What the image is called, or will be.</param>
/// <param name="Image">Its id; null: there is none yet.</param>
internal sealed record ImageBuildStatus(
    Guid Id, InstallState State, string Folder, string Dockerfile, string Name, DateTimeOffset CreatedAt, string? Image = null, InstallError? Error = null,
    DateTimeOffset? FinishedAt = null)
{
    [JsonIgnore]
    public bool IsFinal => State is InstallState.Succeeded or InstallState.Failed or InstallState.Cancelled;
}
