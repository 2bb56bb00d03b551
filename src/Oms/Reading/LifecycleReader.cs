using Platform.Oms.Yaml;

namespace Platform.Oms.Reading;

internal static class LifecycleReader
{
    private const int LongestShutdown = 24 * 3600;

    public static OmsLifecycle Read(Section root)
    {
        if (root.Child("lifecycle", Vocabulary.Lifecycle) is not { } lifecycle) return new OmsLifecycle();
        var (startup, _) = Stage(lifecycle, "startup");
        var (shutdown, seconds) = Stage(lifecycle, "shutdown");
        return new OmsLifecycle(startup, shutdown, seconds ?? new OmsLifecycle().ShutdownSeconds);
    }

    private static (IReadOnlyList<string>? Command, int? Seconds) Stage(Section lifecycle, string key)
    {
        if (lifecycle[key] is not { } node) return (null, null);
        if (node is not YamlMap)
        {
            lifecycle.Warn(node, "old_shape", key, $"{key} is a mapping with command; this is taken for the command.");
            return (CommandReader.Words(lifecycle.Findings, node, lifecycle.PathOf(key)), null);
        }

        var stage = lifecycle.Child(key, Vocabulary.Stage)!;
        if (stage["command"] is null && stage["timeout"] is null) stage.Warn(stage.At, "missing", "command", "command is missing.");
        return (CommandReader.Words(stage.Findings, stage["command"], stage.PathOf("command")), stage.Whole("timeout", 0, LongestShutdown));
    }
}
