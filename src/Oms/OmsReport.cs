using System.Text.Json;

namespace Platform.Oms;

/// <summary>What a check says of a description, in <c>oms check --json</c> and over the API alike.</summary>
/// <param name="Usable">At least one action or event can be used.</param>
public sealed record OmsReport(
    bool Usable, string Title, string Version, string Description, IReadOnlyList<string>? Startup, IReadOnlyList<string>? Shutdown, int ShutdownSeconds,
    OmsHealth? Health, IReadOnlyList<ActionReport> Actions, IReadOnlyList<EventReport> Events, IReadOnlyList<VariableReport> Environment,
    IReadOnlyList<OmsVolume> Volumes, IReadOnlyList<OmsForward> Forwards, IReadOnlyList<OmsWarning> Warnings)
{
    public static OmsReport Of(OmsService service) => new(
        service.Actions.Any(a => a.Unusable is null) || service.Events.Any(e => e.Unusable is null), service.Info.Title, service.Info.Version, service.Info.Description,
        service.Lifecycle.Startup, service.Lifecycle.Shutdown, service.Lifecycle.ShutdownSeconds, service.Health, [.. service.Actions.Select(ActionReport.Of)],
        [.. service.Events.Select(EventReport.Of)], [.. service.Environment.Select(VariableReport.Of)], service.Volumes, service.Forwards, service.Warnings);
}

/// <param name="Unusable">Why it can't be used; null: it can.</param>
/// <param name="Kind"><c>http</c>, <c>command</c> or <c>rpc</c>; null: unusable. The one of the three below that is not null.</param>
public sealed record ActionReport(
    string Name, string Help, bool Deprecated, string? Unusable, string? Kind, OmsHttp? Http, OmsCommand? Command, OmsRpc? Rpc, bool Retry,
    IReadOnlyList<ValueReport> Arguments, OutputReport Output)
{
    internal static ActionReport Of(OmsAction a) => new(
        a.Name, a.Help, a.Deprecated, a.Unusable, a.Interface switch { OmsHttp => "http", OmsCommand => "command", OmsRpc => "rpc", _ => null },
        a.Interface as OmsHttp, a.Interface as OmsCommand, a.Interface as OmsRpc, a.Retry, [.. a.Arguments.Select(ValueReport.Of)], OutputReport.Of(a.Output));
}

/// <param name="Action">That it stands under.</param>
public sealed record EventReport(
    string Name, string Action, string Help, string? Unusable, OmsHttp? Subscribe, OmsHttp? Unsubscribe, IReadOnlyList<ValueReport> Arguments, OutputReport Output)
{
    internal static EventReport Of(OmsEvent e) =>
        new(e.Name, e.Action, e.Help, e.Unusable, e.Subscribe, e.Unsubscribe, [.. e.Arguments.Select(ValueReport.Of)], OutputReport.Of(e.Output));
}

/// <param name="In">As a description has it; null: not HTTP.</param>
public sealed record ValueReport(
    string Name, string Type, bool Required, string? In, JsonElement? Default, IReadOnlyList<JsonElement>? Enum, string? Pattern, double? Min, double? Max,
    ValueReport? Elements, IReadOnlyList<ValueReport>? Properties, string Help, bool Deprecated, bool Sensitive)
{
    internal static ValueReport Of(OmsArgument a) => new(
        a.Name, a.Type, a.Required, a.In switch { OmsIn.Query => "query", OmsIn.Path => "path", OmsIn.RequestBody => "requestBody", OmsIn.Header => "header", _ => null },
        a.Default is null ? null : JsonElement.Parse(a.Sensitive ? "\"***\"" : a.Default), a.Enum?.Select(e => JsonElement.Parse(e)).ToList(), a.Pattern, a.Min, a.Max,
        a.Elements is null ? null : Of(a.Elements), a.Properties?.Select(Of).ToList(), a.Help, a.Deprecated, a.Sensitive);
}

public sealed record OutputReport(string Type, string ContentType, ValueReport? Elements, IReadOnlyList<ValueReport>? Properties, string Help)
{
    internal static OutputReport Of(OmsOutput o) =>
        new(o.Type, o.ContentType, o.Elements is null ? null : ValueReport.Of(o.Elements), o.Properties?.Select(ValueReport.Of).ToList(), o.Help);
}

/// <param name="Default"><c>***</c> where it is sensitive.</param>
public sealed record VariableReport(string Name, string Type, bool Required, string? Default, string? Pattern, bool Sensitive, bool Deprecated, string Help)
{
    internal static VariableReport Of(OmsVariable v) =>
        new(v.Name, v.Type, v.Required, v.Default is not null && v.Sensitive ? "***" : v.Default, v.Pattern, v.Sensitive, v.Deprecated, v.Help);
}
