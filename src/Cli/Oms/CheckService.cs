using System.CommandLine;
using Platform.Oms;

namespace Platform.Cli.Oms;

/// <summary><c>oms check</c>: what a service description offers, and what is odd about it. Needs no platform.</summary>
internal static class CheckService
{
    public static Command Command()
    {
        var path = new Argument<string>("path") { Description = $"A service description, or a folder with one: {string.Join(", ", OmsReader.FileNames)}." };
        return new Command("check", "Shows what a service description offers, and warns of what is odd about it.") { path }
            .Does(call => Task.FromResult(Check(call.Screen, call.Get(path))));
    }

    private static int Check(Screen screen, string path)
    {
        var file = Find(path);
        var report = OmsReport.Of(Read(file));
        screen.Document(report);
        CheckedService.Show(screen, report);
        foreach (var warning in report.Warnings)
            screen.Warn(warning.Code, $"{Place(file, warning.Line, warning.Column)}: {(warning.Path.Length == 0 ? "" : warning.Path + ": ")}{warning.Message}", null);
        return !report.Usable ? ExitCode.NothingUsable : report.Warnings.Count > 0 ? ExitCode.Failed : ExitCode.Ok;
    }

    private static string Find(string path)
    {
        if (File.Exists(path)) return path;
        if (!Directory.Exists(path)) throw new CliException(ExitCode.NothingUsable, "no_such_file", $"There is nothing at {Path.GetFullPath(path)}.");
        return OmsReader.FindFile(path) ?? throw new CliException(
            ExitCode.NothingUsable, "no_description", $"{Path.GetFullPath(path)} has no service description.", $"Name it {string.Join(", ", OmsReader.FileNames)}, or give its path.");
    }

    private static OmsService Read(string file)
    {
        try
        {
            using var stream = File.OpenRead(file);
            return OmsReader.Read(Path.GetFileName(file), stream);
        }
        catch (OmsFormatException e)
        {
            throw new CliException(ExitCode.NothingUsable, e.Code, $"{Place(file, e.Line, e.Column)}: {e.Message}", e.Remedy);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.NothingUsable, "file_error", e.Message);
        }
    }

    // As compilers say it, so that editors find it.
    private static string Place(string file, int line, int column) => line == 0 ? file : $"{file}:{line}:{column}";
}
