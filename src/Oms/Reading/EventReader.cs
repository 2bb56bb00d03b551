using Platform.Oms.Yaml;

namespace Platform.Oms.Reading;

/// <summary>Reads the events of an action.</summary>
internal static class EventReader
{
    public static IReadOnlyList<OmsEvent> Read(Section action, string name, Ports ports) =>
        [.. Named.Of(action.Findings, action["events"], action.PathOf("events"), "an event").Select(named => Read(action, name, named, ports))];

    private static OmsEvent Read(Section action, string name, Named named, Ports ports)
    {
        if (Section.Of(action.Findings, named.Value, named.Path, Vocabulary.Event) is not { } section)
            return Unusable(action.Findings, named, new OmsEvent(named.Name, "", [], new OmsOutput(), null, null, Action: name), "Nothing is said of it.");
        // In a subscription all arguments are data, whatever their "in" says.
        var arguments = ArgumentReader.Read(section).Select(a => a.Argument).ToList();
        var (subscribe, unsubscribe, reason) = Ends(action, section, ports);
        var read = new OmsEvent(named.Name, (section.Text("help") ?? "").Trim(), arguments, OutputReader.Read(section), subscribe, unsubscribe, Action: name);
        return reason is null ? read : Unusable(action.Findings, named, read, reason);
    }

    private static (OmsHttp? Subscribe, OmsHttp? Unsubscribe, string? Unusable) Ends(Section action, Section section, Ports ports)
    {
        var shared = action["http"] is YamlMap map && (map["subscribe"] ?? map["unsubscribe"]) is not null ? action.Child("http", Vocabulary.Http) : null;
        var own = section.Child("http", Vocabulary.Http);
        if (own is null && shared is not null) section.Warn(shared.At, "old_shape", "http", "http stands beside events; it is taken for that of each of them.");
        if ((own ?? shared) is not { } http) return (null, null, "It has no http to subscribe at.");

        var port = http.Port() ?? shared?.Port() ?? (action["run"] is YamlMap ? action.Child("run", Vocabulary.Command)?.Port() : null);
        var subscribe = http.Child("subscribe", Vocabulary.Http);
        if (subscribe is null && http["path"] is not null)
        {
            http.Warn(http.At, "old_shape", "subscribe", "method and path stand under subscribe; they are taken from here.");
            subscribe = http;
        }

        if (subscribe is null) return (null, null, "Its http has no subscribe.");
        var (to, reason) = End(subscribe, ports, port);
        if (to is null) return (null, null, reason);
        if (http.Child("unsubscribe", Vocabulary.Http) is not { } ending) return (to, null, null);
        var (from, without) = End(ending, ports, port);
        if (from is null) ending.Warn(ending.At, "no_unsubscribe", "", $"Subscriptions end without a request, as unsubscribe can't be used: {without}");
        return (to, from, null);
    }

    private static (OmsHttp? End, string? Unusable) End(Section section, Ports ports, int? port)
    {
        var (end, reason) = HttpReader.End(section, ports, port, method: "POST");
        return end is not null && PathTemplate.Names(end.Url ?? end.Path).Count > 0 ? (null, "Its path has a name in braces, and subscriptions have data alone.") : (end, reason);
    }

    private static OmsEvent Unusable(Findings findings, Named named, OmsEvent read, string reason)
    {
        findings.Add(named.At, "unusable_event", named.Path, $"The event {Section.Short(named.Name)} can't be used: {reason}");
        return read with { Unusable = reason };
    }
}
