namespace Platform.Connectors.GoPlugin;

/// <summary>A place for the plugin's socket, gone again with it.</summary>
internal sealed class PluginSocket(string path) : IDisposable
{
    public string Path { get; } = path;

    /// <summary>In the host's folder for sockets, else in the folder for temporary files.</summary>
    public static PluginSocket Create()
    {
        var folder = Environment.GetEnvironmentVariable("PLUGIN_UNIX_SOCKET_DIR");
        if (string.IsNullOrEmpty(folder))
            folder = System.IO.Path.GetTempPath();
        return new(System.IO.Path.Combine(folder, $"p{Environment.ProcessId}-{Random.Shared.Next():x}"));
    }

    public void Dispose() => File.Delete(Path);
}
