namespace Platform.Installer.Bundles;

/// <summary>
/// Which links a bundle may hold: those that lead, hop by hop, to a place inside the connector's folder or below /usr. What a link names
/// need not exist. Text alone is not enough: <c>b → a/../x</c> depends on where <c>a</c> leads.
/// </summary>
/// <param name="root">The folder, with every link in its own path resolved.</param>
internal sealed class Links(string root)
{
    private const int MaxHops = 40;

    /// <summary>The target as the bundle keeps it: absolute ones into the folder become relative, since the folder moves. Null: not allowed.</summary>
    public string? Allowed(string path, string target)
    {
        if (!Leads(path, target)) return null;
        return Inside(target) is { } below ? Path.GetRelativePath("/" + (Path.GetDirectoryName(path) ?? ""), "/" + below) : target;
    }

    private bool Leads(string path, string target)
    {
        var place = new List<string>((Path.GetDirectoryName(path) ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries));
        var ahead = new Stack<string>();
        for (var hops = 0; ; hops++)
        {
            if (target.StartsWith('/'))
            {
                if (Inside(target) is not { } below) return BelowUsr(target, ahead);
                place.Clear();
                target = below;
            }
            foreach (var part in target.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse()) ahead.Push(part);
            if (hops == MaxHops) return false;
            string? next = null;
            while (next is null && ahead.TryPop(out var part))
            {
                if (part == ".") continue;
                if (part == "..")
                {
                    if (place.Count == 0) return false;
                    place.RemoveAt(place.Count - 1);
                    continue;
                }
                var full = Path.Combine(root, string.Join('/', place), part);
                if (Posix.Look(full) is { Kind: Posix.Kind.Link }) next = new FileInfo(full).LinkTarget!;
                else place.Add(part);
            }
            if (next is null) return true;
            target = next;
        }
    }

    /// <summary>An absolute path into the folder, by the path that the install command saw; as a path below the folder.</summary>
    private string? Inside(string target)
    {
        foreach (var prefix in (string[])[Build.Sandbox.Root, root])
            if (target == prefix || target.StartsWith(prefix + "/", StringComparison.Ordinal)) return target[prefix.Length..].TrimStart('/');
        return null;
    }

    private static bool BelowUsr(string target, IEnumerable<string> ahead)
    {
        var all = target.Split('/', StringSplitOptions.RemoveEmptyEntries).Concat(ahead).ToList();
        return all is ["usr", ..] && !all.Contains("..");
    }
}
