using Platform.Oms.Yaml;

namespace Platform.Oms.Reading;

internal static class RootReader
{
    public static OmsService Read(YamlMap map, Findings findings)
    {
        var root = Section.Of(findings, map, "", Vocabulary.Root)!;
        Version(root);
        var ports = Ports.Of(root);
        var (actions, events, startup) = ActionsReader.Read(root, ports);
        var lifecycle = LifecycleReader.Read(root);
        if (lifecycle.Startup is null && startup is not null) lifecycle = lifecycle with { Startup = startup };
        var service = new OmsService(
            Info(root), lifecycle, HealthReader.Read(root, ports), EnvironmentReader.Read(root), VolumesReader.Read(root), ForwardsReader.Read(root, ports),
            actions, events, []);
        // A record holds its warnings, so the last word is theirs.
        return service with { Warnings = findings.ToList() };
    }

    private static void Version(Section root)
    {
        if (root.Text("oms") is not { } version) root.Warn(root.At, "missing", "oms", "The version of the format is missing; oms: 1 is meant.");
        else if (version is not ("1" or "1.0" or "1.0.0")) root.Warn(root["oms"]!, "unknown_version", "oms", $"The format has no version {Section.Short(version)}; it is read as 1.");
    }

    private static OmsInfo Info(Section root)
    {
        if (root.Child("info", Vocabulary.Info) is not { } info)
        {
            if (root["info"] is null) root.Warn(root.At, "missing", "info", "info with title, version and description is missing.");
            return new OmsInfo();
        }

        foreach (var key in new[] { "title", "version", "description" })
            if (info[key] is null)
                info.Warn(info.At, "missing", key, $"{key} is missing.");
        return new OmsInfo(info.Text("title") ?? "", info.Text("version") ?? "", info.Text("description") ?? "");
    }
}
