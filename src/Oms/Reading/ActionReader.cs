using Platform.Oms.Yaml;

namespace Platform.Oms.Reading;

/// <summary>Reads one action: its arguments, its output, and the one interface that it has.</summary>
internal static class ActionReader
{
    /// <summary>It can be carried out itself, whatever events it has.</summary>
    public static bool HasInterface(Section action) => InterfacesOf(action).Count > 0;

    /// <returns>Unusable: why it can't be carried out; null: it can.</returns>
    public static (OmsAction Action, string? Unusable) Read(Section action, string name, Section? rpc, Ports ports)
    {
        var arguments = ArgumentReader.Read(action);
        var (contract, unusable) = Interface(action, rpc, ports, arguments);
        return (new OmsAction(
            name, (action.Text("help") ?? "").Trim(), action.Flag("deprecated") ?? false, [.. arguments.Select(a => a.Argument)], OutputReader.Read(action), contract,
            Retry: action.Flag("retry") ?? true), unusable);
    }

    private static (OmsInterface?, string?) Interface(Section action, Section? rpc, Ports ports, List<DeclaredArgument> arguments)
    {
        var interfaces = InterfacesOf(action);
        if (interfaces.Count > 1) return (null, $"It has {interfaces.Count} interfaces, {string.Join(" and ", interfaces)}; leave one.");
        switch (interfaces.FirstOrDefault())
        {
            case "http": return HttpReader.Read(action, ports, arguments);
            case "rpc": return RpcReader.Read(action.Child("rpc", Vocabulary.Rpc), rpc);
            case { } key: return CommandReader.Read(action, key, arguments);
            case null when rpc is not null: return RpcReader.Read(null, rpc);
            default: return (null, "It has no interface: http, format or rpc. It may have been native to another platform.");
        }
    }

    private static IReadOnlyList<string> InterfacesOf(Section action)
    {
        var found = new List<string>();
        // One that only tells where events are subscribed to is for them.
        if (action["http"] is { } http && !(http is YamlMap map && (map["subscribe"] ?? map["unsubscribe"]) is not null && (map["path"] ?? map["url"] ?? map["method"]) is null)) found.Add("http");
        if (action["format"] is not null) found.Add("format");
        if (action["rpc"] is not null) found.Add("rpc");
        // See ActionsReader.ServerOf.
        if (action["http"] is null && action["events"] is null)
            found.AddRange(((string[])["command", "run"]).Where(key => action[key] is not null).Take(1));
        return found;
    }
}
