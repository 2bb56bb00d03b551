using Platform.Oms.Yaml;

namespace Platform.Oms.Reading;

/// <summary>Reads actions and the events among them.</summary>
internal static class ActionsReader
{
    /// <returns>The command of a <c>run</c> that starts a server, for a file whose lifecycle names none.</returns>
    public static (IReadOnlyList<OmsAction> Actions, IReadOnlyList<OmsEvent> Events, IReadOnlyList<string>? Startup) Read(Section root, Ports ports)
    {
        var rpc = root.Child("rpc", Vocabulary.Rpc);
        var (actions, events, startup) = (new List<OmsAction>(), new List<OmsEvent>(), (IReadOnlyList<string>?)null);
        if (root["actions"] is null) root.Warn(root.At, "missing", "actions", "actions are missing: the service offers nothing.");
        foreach (var named in Named.Of(root.Findings, root["actions"], "actions", "an action"))
        {
            if (named.Value is not (YamlMap or YamlScalar { IsNull: true }))
            {
                root.Findings.Add(named.Value, "not_an_action", named.Path, $"{Section.Short(named.Name)} is no action but {named.Value.Kind}; it is left out.");
                continue;
            }

            if (Section.Of(root.Findings, named.Value, named.Path, Vocabulary.Action) is not { } action)
            {
                actions.Add(Unusable(root.Findings, named, new OmsAction(named.Name, "", false, [], new OmsOutput(), null), "Nothing is said of it."));
                continue;
            }

            var server = ServerOf(action);
            startup ??= server;
            var its = EventReader.Read(action, named.Name, ports);
            events.AddRange(its);
            if (its.Count == 0 || ActionReader.HasInterface(action)) actions.Add(Read(action, named, rpc, ports));
        }

        foreach (var again in events.GroupBy(e => e.Name).Where(g => g.Count() > 1))
            root.Warn(root.KeyOf("actions"), "duplicate_event", "actions", $"{again.Count()} actions have an event {Section.Short(again.Key)}.");
        return (actions, events, startup);
    }

    private static OmsAction Read(Section action, Named named, Section? rpc, Ports ports)
    {
        var (read, unusable) = ActionReader.Read(action, named.Name, rpc, ports);
        return unusable is null ? read : Unusable(action.Findings, named, read with { Interface = null }, unusable);
    }

    // An old run beside http or events is no interface: it starts the server that they mean.
    private static IReadOnlyList<string>? ServerOf(Section action)
    {
        var key = action["run"] is not null ? "run" : "command";
        if (action[key] is not { } node || (action["http"] is null && action["events"] is null)) return null;
        action.Warn(action.KeyOf(key), "old_shape", key, $"{key} is taken for lifecycle.startup.command, unless the file has one.");
        var nested = node is YamlMap ? action.Child(key, Vocabulary.Command) : null;
        return CommandReader.Words(action.Findings, nested is null ? node : nested["command"], action.PathOf(key));
    }

    private static OmsAction Unusable(Findings findings, Named named, OmsAction action, string reason)
    {
        findings.Add(named.At, "unusable_action", named.Path, $"The action {Section.Short(named.Name)} can't be used: {reason}");
        return action with { Unusable = reason };
    }
}
