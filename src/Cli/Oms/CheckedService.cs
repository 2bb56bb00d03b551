using Platform.Oms;

namespace Platform.Cli.Oms;

/// <summary>The tables of <c>oms check</c>.</summary>
internal static class CheckedService
{
    public static void Show(Screen screen, OmsReport report)
    {
        screen.Say($"{(report.Title.Length == 0 ? "A service without a title" : report.Title)}{(report.Version.Length == 0 ? "" : " " + report.Version)}: "
            + $"{Count(report.Actions.Count(a => a.Unusable is null), "action")}, {Count(report.Events.Count(e => e.Unusable is null), "event")}, {Count(report.Environment.Count, "variable")}");
        screen.Table(
            ["action", "interface", "arguments", "output"],
            report.Actions.Select(a => new[] { a.Name, Interface(a), string.Join(", ", a.Arguments.Select(Argument)), a.Output.Type }), "No actions.");
        if (report.Events.Count > 0)
            screen.Table(
                ["event", "of action", "subscribe", "arguments", "output"],
                report.Events.Select(e => new[] { e.Name, e.Action, e.Subscribe is { } s ? Http(s) : $"unusable: {e.Unusable}", string.Join(", ", e.Arguments.Select(Argument)), e.Output.Type }),
                "");
        if (report.Environment.Count > 0)
            screen.Table(
                ["variable", "type", "required", "default", "help"],
                report.Environment.Select(v => new[] { v.Name, v.Type, v.Required ? "yes" : "no", v.Default, v.Help }), "");
    }

    private static string Interface(ActionReport action) => action switch
    {
        { Unusable: { } reason } => $"unusable: {reason}",
        { Http: { } http } => Http(http),
        { Command: { } command } => "command " + string.Join(' ', command.Argv),
        { Rpc: { } rpc } => $"rpc {rpc.Endpoint}:{rpc.Port}{(rpc.Method is null ? "" : " " + rpc.Method)}",
        _ => "",
    };

    private static string Http(OmsHttp http) => $"{http.Method} {http.Url ?? $":{http.Port}{http.Path}"}";

    // name:type, with its default, or a star where it is required.
    private static string Argument(ValueReport argument) =>
        $"{argument.Name}:{argument.Type}{(argument.Required ? "*" : "")}{(argument.Default is { } value ? "=" + value.GetRawText() : "")}";

    private static string Count(int count, string thing) => $"{count} {thing}{(count == 1 ? "" : "s")}";
}
