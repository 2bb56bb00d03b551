using System.CommandLine;
using Platform.Cli.Api;
using Platform.Cli.Connectors;
using Platform.Cli.Installs;

namespace Platform.Cli.Images;

/// <summary><c>image validate</c>: whether an image or a package can say what it would serve, without serving it.</summary>
internal static class ValidateImage
{
    private sealed record Report(
        bool Valid, string? NdcVersion, int? Collections, int? Functions, int? Procedures, IReadOnlyList<string> Problems, InstallError? Error, IReadOnlyList<InstallWarning> Warnings);

    public static Command Command()
    {
        var what = new Argument<string>("image, folder or package") { Description = $"An image, the folder of a connector's package, or such a folder packed (a path or a URL). A folder or file wins over an image of that name: {SourceManifest.ImagePrefix}NAME is the image." };
        var configuration = new Option<string?>("--config") { Description = "The folder with the configuration that is read; below the platform's local roots. Of a package its own files, if it is not given." };
        var env = CommandVariables.Option();
        return new Command("validate", "Reads the schema and capabilities of an image or package without starting its server.") { what, configuration, env }.Does(async call =>
        {
            var (image, package) = Split(call.Get(what));
            var folder = call.Get(configuration) is { } given ? Path.GetFullPath(given) : null;
            var body = new { image, package, configuration = folder, env = CommandVariables.Of(call.Get(env) ?? []) };
            var json = await call.Api.PostAsync("/v1/images/validations", body, call.Cancel, CommandVariables.AnswerWithin);
            call.Screen.Document(json);
            return Tell(call.Screen, json.To<Report>());
        });
    }

    private static (string? Image, string? Package) Split(string what)
    {
        if (what.StartsWith(SourceManifest.ImagePrefix, StringComparison.Ordinal)) return (what[SourceManifest.ImagePrefix.Length..], null);
        if (PackageArchive.IsUrl(what)) return (null, what);
        return Path.Exists(what) ? (null, Path.GetFullPath(what)) : (what, null);
    }

    private static int Tell(Screen screen, Report report)
    {
        foreach (var warning in report.Warnings) screen.Warn(warning.Code, warning.Message, warning.Remedy);
        if (report.Error is { } error) FollowInstall.Tell(screen, error, error.Message);
        foreach (var problem in report.Problems) screen.Say(problem);
        if (report.NdcVersion is { } version)
            screen.Say($"{(report.Valid ? "Valid" : "NOT VALID")}: NDC {version}, {report.Collections} collections, {report.Functions} functions, {report.Procedures} procedures.");
        return report.Valid ? ExitCode.Ok : ExitCode.Failed;
    }
}
