using System.Text.Json.Nodes;

namespace Platform.Tests.Chaos;

/// <summary>One misbehaviour of connectors/chaos and how its run must end.</summary>
/// <param name="Code">Of the error; null: the run succeeds.</param>
/// <param name="AtStart">Before there are options: the connector's start goes wrong, not its sync.</param>
/// <param name="Only">One protocol alone has it.</param>
public sealed record ChaosFault(string Fault, string At, string? Code, bool AtStart = false, string? Only = null)
{
    /// <summary>Settings of the connection that make the run end soon.</summary>
    public int? IdleSeconds { get; init; }

    public int? FirstPageSeconds { get; init; }

    public string State => Code is null ? "succeeded" : "failed";

    /// <summary>Sends what another object's key stands for, or a key that can't be: nothing may be swept then.</summary>
    public bool SkipsSweep { get; init; }

    /// <summary>Objects more than the pages of a healthy sync have.</summary>
    public int Extra { get; init; }

    public override string ToString() => $"{Fault} {At}";

    /// <param name="mark">In the arguments of what escapes.</param>
    public JsonObject Options(string password, int mark) =>
        new() { ["fault"] = AtStart ? "none" : Fault, ["at"] = At, ["first"] = 10, ["password"] = password, ["mark"] = mark };

    public static readonly ChaosFault[] All =
    [
        AtTheStart("exit-0", "connector_exited"), AtTheStart("exit-1", "connector_exited"), AtTheStart("exit-2", "connector_exited"), AtTheStart("killed", "connector_exited"),
        AtTheStart("silent", "handshake_timeout"), AtTheStart("wrong-line", "handshake_failed"), AtTheStart("two-lines", "handshake_failed"),
        AtTheStart("long-line", "handshake_failed"), AtTheStart("wrong-version", "unsupported_protocol_version"), AtTheStart("nobody-listens", "handshake_failed"),
        .. from fault in (string[])["exit-0", "exit-1", "exit-2", "killed"]
           from at in (string[])["start", "middle", "end"]
           select new ChaosFault(fault, at, "connector_exited"),
        new("hang", "start", "first_page_timeout") { FirstPageSeconds = 2 },
        new("hang", "middle", "idle_timeout") { IdleSeconds = 2 },
        new("hang", "end", "idle_timeout") { IdleSeconds = 2 },
        new("stopped", "middle", "idle_timeout") { IdleSeconds = 2 },
        new("eat-cpu", "middle", "idle_timeout") { IdleSeconds = 2 },
        new("error", "middle", "sync_failed"),
        new("error", "end", "sync_failed"),
        new("transient", "middle", "sync_failed"),
        new("leak", "middle", "sync_failed"),
        new("flood-stderr", "middle", null),
        new("flood-stdout", "middle", null),
        new("same-key", "middle", null) { Extra = 2 },
        new("empty-key", "middle", null) { Extra = 1, SkipsSweep = true },
        new("nul", "middle", null) { Extra = 1, SkipsSweep = true },
        new("large-object", "middle", "message_too_large"),
        new("page-after-end", "middle", "protocol_violation", Only: "platform"),
        new("large-state", "middle", "protocol_violation", Only: "platform"),
        new("fork", "middle", null),
        new("linger", "middle", null),
        new("eat-memory", "middle", "connector_out_of_memory"),
        new("eat-handles", "middle", "sync_failed"),
        new("eat-disk", "middle", "connector_disk_full"),
    ];
    private static ChaosFault AtTheStart(string fault, string code) => new(fault, "middle", code, AtStart: true);
}
