using Platform.Installer.Build;
using Platform.Installer.Installs;

namespace Platform.Installer.Images;

/// <summary>What a builder says, in pieces of any length, as lines: for the log as they come, and the last of them for an error.</summary>
internal sealed class BuildOutput(InstallLog log)
{
    private readonly Dictionary<(string Source, string Stream), string> open = [];
    private readonly OutputTail tail = new();

    /// <param name="source">Of several that speak at once, the lines are kept apart.</param>
    public void Add(string stream, string text, string source = "")
    {
        var parts = (open.GetValueOrDefault((source, stream), "") + text).Split('\n');
        foreach (var whole in parts.SkipLast(1)) Say(stream, whole);
        open[(source, stream)] = parts[^1].Length <= LineReader.MaxLineBytes ? parts[^1] : "";
        if (parts[^1].Length > LineReader.MaxLineBytes) Say(stream, parts[^1]);
    }

    /// <summary>What had no line end.</summary>
    public void End()
    {
        foreach (var ((_, stream), rest) in open) Say(stream, rest);
        open.Clear();
    }

    /// <summary>The last lines.</summary>
    public override string ToString() => tail.ToString();

    private void Say(string stream, string text)
    {
        text = text.TrimEnd('\r').Replace('\0', '\ufffd');
        if (text.Length == 0) return;
        tail.Add(stream, text);
        log.Add(stream, text);
    }
}
