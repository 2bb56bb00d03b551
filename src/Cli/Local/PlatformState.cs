using System.Text.Json;
using Platform.Cli.Api;

namespace Platform.Cli.Local;

/// <summary>Who runs the platform of a data folder, in <c>platform.json</c> there, while it runs.</summary>
/// <param name="Owner">The <c>up</c> or <c>demo</c> that started it: ending that ends all.</param>
internal sealed record PlatformState(ProcessIdentity Owner, ProcessIdentity AppHost, string Url)
{
    public static string FileIn(string data) => Path.Combine(data, "platform.json");

    public static PlatformState? Load(string data)
    {
        try
        {
            return JsonSerializer.Deserialize<PlatformState>(File.ReadAllText(FileIn(data)), ApiJson.Options);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null;
        }
    }

    public void Save(string data) => PrivateFile.Write(FileIn(data), JsonSerializer.Serialize(this, ApiJson.Indented) + "\n");
}
