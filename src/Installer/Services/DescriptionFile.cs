using Platform.Contracts;
using Platform.Installer.Installs;
using Platform.Oms;
using Platform.ServiceDefaults;

namespace Platform.Installer.Services;

/// <summary>Finds and reads the file that describes a service.</summary>
internal static class DescriptionFile
{
    private const int MaxWarnings = 20;
    private const int MaxReasons = 5;

    /// <param name="describedBy">Of the manifest, relative to the source; null: at the root, by one of the usual names.</param>
    /// <returns>Relative to the source.</returns>
    public static string Find(string source, string? describedBy)
    {
        IReadOnlyList<string> places = describedBy is null ? OmsReader.FileNames : [describedBy];
        var found = places.FirstOrDefault(place => Posix.Look(Path.Combine(source, place)) is not null) ?? throw ServiceErrors.DescriptionMissing(places);
        // A source is a stranger's: a link in it could lead to what only this service may read.
        var real = LocalPath.Real(Path.Combine(source, found));
        if (real is null || !real.StartsWith(LocalPath.Real(source) + "/", StringComparison.Ordinal)) throw ServiceErrors.DescriptionNoFile(found, "is a link that leads out of the source, or nowhere");
        return Posix.Look(real) is { Kind: Posix.Kind.File } ? found : throw ServiceErrors.DescriptionNoFile(found, "is not a file");
    }

    /// <exception cref="InstallFailedException">It is no description, or nothing of it can be used.</exception>
    public static OmsService Read(string source, string path)
    {
        OmsService service;
        try
        {
            using var file = File.OpenRead(Path.Combine(source, path));
            service = OmsReader.Read(path, file);
        }
        catch (OmsFormatException e)
        {
            throw ServiceErrors.DescriptionInvalid(e);
        }
        if (service.Actions.Any(a => a.Unusable is null) || service.Events.Any(e => e.Unusable is null)) return service;
        throw ServiceErrors.NothingUsable(path, [.. Reasons(service).Take(MaxReasons)]);
    }

    /// <summary>All of them into the log, the first ones with the install.</summary>
    public static IReadOnlyList<InstallWarning> Warn(string path, OmsService service, InstallLog log)
    {
        List<InstallWarning> warnings =
        [
            .. service.Warnings.Select(w => new InstallWarning(w.Code, $"{path}{(w.Line == 0 ? "" : $", line {w.Line}, column {w.Column}")}: {w.Message}")),
            .. Reasons(service).Select(reason => new InstallWarning("action_unusable", $"{path}: {reason}.", "It is left out; mend it and install again.")),
        ];
        foreach (var warning in warnings) log.Note($"warning: {warning.Message} ({warning.Code})");
        return warnings.Count <= MaxWarnings ? warnings
            : [.. warnings.Take(MaxWarnings), new("more_warnings", $"There are {warnings.Count - MaxWarnings} more warnings about {path}.", "All of them are in the install's log.")];
    }

    /// <summary>The files that a description names beside itself, relative to it.</summary>
    public static IEnumerable<string> Companions(OmsService service) => service.Actions.Select(a => a.Interface).OfType<OmsRpc>()
        .SelectMany(rpc => (string?[])[rpc.ProtoUri, rpc.CaFile])
        .OfType<string>().Where(IsRelative).Select(path => path.StartsWith("./", StringComparison.Ordinal) ? path[2..] : path).Distinct();

    /// <summary>A path, which may not lead up, and no URI or git address.</summary>
    public static bool IsRelative(string path) => path.Length > 0 && path[0] != '/' && !path.Contains(':') && path.Split('/').All(part => part is not "..");

    private static IEnumerable<string> Reasons(OmsService service) =>
        service.Actions.Where(a => a.Unusable is not null).Select(a => $"the action {a.Name} can't be used: {a.Unusable!.TrimEnd('.')}")
            .Concat(service.Events.Where(e => e.Unusable is not null).Select(e => $"the event {e.Name} can't be used: {e.Unusable!.TrimEnd('.')}"));
}
