using System.Text.Json;
using Platform.Cli.Api;

namespace Platform.Cli;

/// <summary>
/// Where the platform is and with which token to speak to it. <c>PLATFORM_URL</c> and <c>PLATFORM_TOKEN</c> win; then what <c>login</c> has
/// kept; then what <c>up</c> has kept: <c>$PLATFORM_CONFIG</c>, else <c>~/.config/connector-platform/config.json</c>, and <c>login.json</c> beside it.
/// </summary>
internal sealed record Settings(string Url, string? Token)
{
    public const string DefaultUrl = "http://127.0.0.1:5080";

    /// <summary>Of the platform that <c>up</c> starts on this machine.</summary>
    public static string Path =>
        Variable("PLATFORM_CONFIG") ?? System.IO.Path.Combine(
            Variable("XDG_CONFIG_HOME") ?? System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".config"),
            "connector-platform",
            "config.json");

    /// <summary>Of the platform that somebody has logged in to. A file of its own: the token of another platform must not become the first token of one that is started here.</summary>
    public static string LoginPath => System.IO.Path.Combine(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!, "login.json");

    public static Settings Load()
    {
        Settings?[] stored = [LoadFile(LoginPath), LoadFile(Path)];
        var url = Variable("PLATFORM_URL") ?? stored.FirstOrDefault(kept => kept is not null)?.Url ?? DefaultUrl;
        // A kept token goes only where it was kept for.
        return new Settings(url, Variable("PLATFORM_TOKEN") ?? stored.FirstOrDefault(kept => kept is not null && IsSame(kept.Url, url))?.Token);
    }

    /// <summary>What <c>up</c> has kept; null where there is none.</summary>
    public static Settings? LoadFile() => LoadFile(Path);

    public static Settings? LoadLogin() => LoadFile(LoginPath);

    /// <summary>As <c>up</c> keeps it.</summary>
    public void Save() => Save(Path);

    public void SaveLogin() => Save(LoginPath);

    /// <summary>Whether both addresses lead to the same server, as far as can be told without asking.</summary>
    public static bool IsSame(string one, string other) =>
        Uri.TryCreate(one, UriKind.Absolute, out var a) && Uri.TryCreate(other, UriKind.Absolute, out var b)
        && a.Scheme == b.Scheme && a.Port == b.Port && (a.Host == b.Host || (a.IsLoopback && b.IsLoopback));

    /// <summary>Whether this can be a token, of whoever has issued it. Anything else would be a broken header, with its text in the error.</summary>
    public static bool IsToken(string text) => text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || "-._~+/=".Contains(c));

    /// <summary>Of the record that a person sees, or a log: without the token.</summary>
    public override string ToString() => Url;

    private static Settings? LoadFile(string path)
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<Settings>(File.ReadAllText(path), ApiJson.Options) : null;
        }
        catch (JsonException e)
        {
            throw new CliException(ExitCode.Usage, "bad_configuration", $"{path} is not valid JSON: {e.Message}", "Correct or remove the file.");
        }
    }

    /// <summary>Writes a file that nobody else can read, whole or not at all.</summary>
    private void Save(string path)
    {
        if (System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path)) is { } folder && !Directory.Exists(folder))
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        PrivateFile.Write(path, JsonSerializer.Serialize(this, ApiJson.Indented) + "\n");
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
