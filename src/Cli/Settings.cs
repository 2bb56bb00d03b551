using System.Text.Json;
using Platform.Cli.Api;

namespace Platform.Cli;

/// <summary>
/// Where the platform is and with which token to speak to it: <c>$PLATFORM_CONFIG</c>, else
/// <c>~/.config/connector-platform/config.json</c>. <c>PLATFORM_URL</c> and <c>PLATFORM_TOKEN</c> win over the file.
/// </summary>
internal sealed record Settings(string Url, string? Token)
{
    public const string DefaultUrl = "http://127.0.0.1:5080";

    public static string Path =>
        Variable("PLATFORM_CONFIG") ?? System.IO.Path.Combine(
            Variable("XDG_CONFIG_HOME") ?? System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".config"),
            "connector-platform",
            "config.json");

    public static Settings Load()
    {
        var stored = LoadFile();
        return new Settings(Variable("PLATFORM_URL") ?? stored?.Url ?? DefaultUrl, Variable("PLATFORM_TOKEN") ?? stored?.Token);
    }

    /// <summary>The file alone; null where there is none.</summary>
    public static Settings? LoadFile()
    {
        try
        {
            return File.Exists(Path) ? JsonSerializer.Deserialize<Settings>(File.ReadAllText(Path), ApiJson.Options) : null;
        }
        catch (JsonException e)
        {
            throw new CliException(ExitCode.Usage, "bad_configuration", $"{Path} is not valid JSON: {e.Message}", "Correct or remove the file.");
        }
    }

    /// <summary>Writes a file that nobody else can read, whole or not at all.</summary>
    public void Save()
    {
        if (System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path)) is { } folder && !Directory.Exists(folder))
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        PrivateFile.Write(Path, JsonSerializer.Serialize(this, ApiJson.Indented) + "\n");
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}

internal static class PrivateFile
{
    public static void Write(string path, string text)
    {
        var draft = $"{path}.{Environment.ProcessId}.new";
        using (var file = new FileStream(draft, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        using (var writer = new StreamWriter(file))
        {
            writer.Write(text);
        }

        File.Move(draft, path, overwrite: true);
    }
}
