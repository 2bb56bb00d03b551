using Platform.Oms.Yaml;

namespace Platform.Oms.Reading;

/// <summary>The warnings so far. The same about the same place is said once, however often an alias repeats it.</summary>
internal sealed class Findings
{
    /// <summary>That one description may have: a person reads no more.</summary>
    public const int Max = 500;

    private readonly HashSet<(int, int, string, string)> seen = [];
    private readonly List<OmsWarning> warnings = [];
    private int left;

    public void Add(YamlNode at, string code, string path, string message)
    {
        if (!seen.Add((at.Line, at.Column, code, message))) return;
        if (warnings.Count < Max) warnings.Add(new(at.Line, at.Column, code, path, message));
        else left++;
        // What is forgotten may be counted twice; memory stays bounded.
        if (seen.Count > 20 * Max) seen.Clear();
    }

    /// <summary>In the order of the file.</summary>
    public IReadOnlyList<OmsWarning> ToList()
    {
        var ordered = warnings.OrderBy(w => w.Line).ThenBy(w => w.Column).ToList();
        if (left > 0) ordered.Add(new(0, 0, "more_warnings", "", $"{left} more warnings are left out."));
        return ordered;
    }
}
