using Platform.Oms.Yaml;

namespace Platform.Oms.Reading;

internal static class VolumesReader
{
    public static IReadOnlyList<OmsVolume> Read(Section root) =>
        [.. Named.Of(root.Findings, root["volumes"], "volumes", "a volume").Select(volume => Read(root.Findings, volume)).OfType<OmsVolume>()];

    private static OmsVolume? Read(Findings findings, Named volume)
    {
        var (target, persist, at) = ((string?)null, false, volume.At);
        if (volume.Value is YamlScalar { IsNull: false } text)
        {
            findings.Add(text, "old_shape", volume.Path, "A volume is a mapping with target; this is taken for the target.");
            (target, at) = (text.Value, text);
        }
        else if (Section.Of(findings, volume.Value, volume.Path, Vocabulary.Volume) is { } section)
        {
            (target, persist, at) = (section.Text("target"), section.Flag("persist") ?? false, section["target"] ?? at);
        }

        if (target is not null && target.StartsWith('/') && target.Trim('/').Length > 0 && !target.Split('/').Contains("..") && !target.Contains('\0', StringComparison.Ordinal))
            return new OmsVolume(volume.Name, target, persist);
        findings.Add(at, "bad_target", $"{volume.Path}.target", "A volume needs a target, an absolute path below the root; it is left out.");
        return null;
    }
}
